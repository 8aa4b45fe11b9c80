'use client';
import { ChatApp, createChat, openIndexedDbStorage } from '@tama/chat-ui';
import { EngineClient } from '@tama/core/worker';
import { useEffect, useState } from 'react';
import { browserStorage } from './browser-storage.ts';
import { settings } from './settings.ts';

const demoUrl = '/models/tama-demo-Q8_0.gguf';

export function ChatRoot() {
  const [chat] = useState(() =>
    createChat({
      connect: () => new EngineClient(new Worker(new URL('./engine.worker.ts', import.meta.url), { type: 'module' })),
      demoUrl,
      settings: settings.getState,
      openStorage: openIndexedDbStorage,
      session: browserStorage('sessionStorage'),
    }),
  );
  useEffect(() => {
    chat.start();
    return chat.dispose;
  }, [chat]);
  return <ChatApp chat={chat} settings={settings} demoUrl={demoUrl} licenceHref="/licence" />;
}
