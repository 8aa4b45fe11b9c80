'use client';
import { ChatApp, createChat, createModels, openIndexedDbStorage } from '@tama/chat-ui';
import { EngineClient, ModelStoreClient } from '@tama/core/worker';
import { useEffect, useState } from 'react';
import { browserStorage } from './browser-storage.ts';
import { keepOffline } from './keep-offline.ts';
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
      storage: browserStorage('localStorage'),
    }),
  );
  const [models] = useState(() =>
    createModels({
      connect: () =>
        new ModelStoreClient(new Worker(new URL('./store.worker.ts', import.meta.url), { type: 'module' })),
      settings: settings.getState,
      disk: globalThis.navigator?.storage,
      storage: browserStorage('localStorage'),
      endpoint: process.env.NEXT_PUBLIC_TAMA_HUB || undefined,
    }),
  );
  useEffect(() => {
    chat.start();
    models.start();
    const stopWaiting = keepOffline(chat);
    return () => {
      stopWaiting();
      chat.dispose();
      models.dispose();
    };
  }, [chat, models]);
  return <ChatApp chat={chat} models={models} settings={settings} demoUrl={demoUrl} licenceHref="/licence" />;
}
