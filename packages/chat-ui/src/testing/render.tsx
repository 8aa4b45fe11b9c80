import { cleanup, configure, type RenderResult, render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach } from 'vitest';
import { createChat } from '../chat/chat.ts';
import { ChatApp } from '../components/chat-app.tsx';
import { PreferencesProvider } from '../components/preferences.tsx';
import { createModels, type Models, type ModelsOptions } from '../models/models.ts';
import type { Settings } from '../settings/settings.ts';
import { createSettingsStore } from '../settings/settings-store.ts';
import { type ConversationStorage, memoryStorage } from '../storage/conversation-storage.ts';
import { type Script, scriptedHost } from './scripted-engine.ts';
import { type StoreScript, scriptedStore } from './scripted-store.ts';

// As patient as the other tests are (vitest.config.ts).
configure({ asyncUtilTimeout: 60_000 });

const opened: Models[] = [];
afterEach(() => {
  cleanup();
  for (const models of opened.splice(0)) models.dispose();
  localStorage.clear();
});

export function renderWithPreferences(children: ReactNode, settings: Partial<Settings> = {}): RenderResult {
  const store = createSettingsStore(localStorage);
  store.change({ locale: 'en', ...settings });
  return render(<PreferencesProvider settings={store}>{children}</PreferencesProvider>);
}

/** The whole app over a scripted engine. */
export function renderApp(
  script: Script = {},
  settings: Partial<Settings> = {},
  storeScript: StoreScript = {},
  disk?: ModelsOptions['disk'],
  storage: ConversationStorage = memoryStorage(),
) {
  const host = scriptedHost(script);
  const store = createSettingsStore(localStorage);
  store.change({ locale: 'en', ...settings });
  const chat = createChat({
    connect: host.connect,
    demoUrl: '/demo.gguf',
    settings: store.getState,
    openStorage: async () => storage,
    storage: localStorage,
  });
  const modelStore = scriptedStore(storeScript);
  const models = createModels({
    connect: modelStore.connect,
    settings: store.getState,
    storage: localStorage,
    disk,
  });
  opened.push(models);
  render(<ChatApp chat={chat} models={models} settings={store} demoUrl="/demo.gguf" licenceHref="/licence" />);
  chat.start();
  models.start();
  return { chat, host, settings: store, models, modelStore };
}
