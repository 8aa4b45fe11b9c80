import type { Chat } from '@tama/chat-ui';

/**
 * Has the browser keep the site, so that it opens without a network: once the model is there, not beside its download.
 * Returns the way to stop waiting for that. The desktop app's site is on its disk anyway, and a development build has no
 * service worker.
 */
export function keepOffline(chat: Pick<Chat, 'getState' | 'subscribe'>): () => void {
  const possible = process.env.NODE_ENV === 'production' && /^https?:$/.test(location.protocol);
  if (!possible || !navigator.serviceWorker) return () => {};
  const stop = chat.subscribe(({ model }) => {
    if (model.phase !== 'ready' && model.phase !== 'failed') return;
    stop();
    // Where the browser refuses, or the disk is full, the site goes on to need its server.
    navigator.serviceWorker.register('/service-worker.js').catch(() => {});
  });
  return stop;
}
