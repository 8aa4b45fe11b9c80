import { cleanup, type RenderResult, render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach } from 'vitest';
import { createChat } from '../chat/chat.ts';
import { ChatApp } from '../components/chat-app.tsx';
import { PreferencesProvider } from '../components/preferences.tsx';
import type { Settings } from '../settings/settings.ts';
import { createSettingsStore } from '../settings/settings-store.ts';
import { memoryStorage } from '../storage/conversation-storage.ts';
import { type Script, scriptedHost } from './scripted-engine.ts';

afterEach(() => {
  cleanup();
  localStorage.clear();
});

export function renderWithPreferences(children: ReactNode, settings: Partial<Settings> = {}): RenderResult {
  const store = createSettingsStore(localStorage);
  store.change({ locale: 'en', ...settings });
  return render(<PreferencesProvider settings={store}>{children}</PreferencesProvider>);
}

/** The whole app over a scripted engine. */
export function renderApp(script: Script = {}, settings: Partial<Settings> = {}) {
  const host = scriptedHost(script);
  const store = createSettingsStore(localStorage);
  store.change({ locale: 'en', ...settings });
  const chat = createChat({
    connect: host.connect,
    demoUrl: '/demo.gguf',
    settings: store.getState,
    openStorage: async () => memoryStorage(),
  });
  render(<ChatApp chat={chat} settings={store} demoUrl="/demo.gguf" licenceHref="/licence" />);
  chat.start();
  return { chat, host, settings: store };
}
