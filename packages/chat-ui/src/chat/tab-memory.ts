import type { Conversation } from './conversation.ts';

const openChatKey = 'tama.open-chat';
const draftKey = 'tama.draft';

export type SessionStorage = Pick<Storage, 'getItem' | 'setItem'>;

/**
 * Which chat a tab has open and what is being written in it, kept while the tab lives: after a reload both are there
 * again, and a new tab starts anew.
 */
export function createTabMemory(session: SessionStorage | undefined) {
  const attempt = <T>(access: (session: SessionStorage) => T): T | undefined => {
    try {
      return session && access(session);
    } catch {
      // A browser that refuses: a reload then starts anew.
      return undefined;
    }
  };
  return {
    /** The id from before the reload. Read now, for what follows overwrites it. */
    openBefore: attempt((store) => store.getItem(openChatKey)) || undefined,
    /** The unsent text from before the reload. */
    draftBefore: attempt((store) => store.getItem(draftKey)) ?? '',
    remember({ id, messages }: Conversation): void {
      attempt((store) => store.setItem(openChatKey, messages.length > 0 ? id : ''));
    },
    rememberDraft: (text: string): void => attempt((store) => store.setItem(draftKey, text)),
  };
}
