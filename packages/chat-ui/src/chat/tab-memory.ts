import type { Conversation } from './conversation.ts';

const openChatKey = 'tama.open-chat';

export type SessionStorage = Pick<Storage, 'getItem' | 'setItem'>;

/** Which chat a tab has open, kept while the tab lives: after a reload it is shown again, and a new tab starts anew. */
export function createTabMemory(session: SessionStorage | undefined) {
  const attempt = <T>(access: (session: SessionStorage) => T): T | undefined => {
    try {
      return session && access(session);
    } catch {
      // A browser that refuses: a reload then starts a new chat.
      return undefined;
    }
  };
  return {
    /** The id from before the reload. Read now, for what follows overwrites it. */
    openBefore: attempt((store) => store.getItem(openChatKey)) || undefined,
    remember({ id, messages }: Conversation): void {
      attempt((store) => store.setItem(openChatKey, messages.length > 0 ? id : ''));
    },
  };
}
