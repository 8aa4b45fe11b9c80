import { type ConversationStorage, memoryStorage } from '../storage/conversation-storage.ts';
import type { Conversation, ConversationSummary } from './conversation.ts';

export type KeptChatsState = {
  readonly history: readonly ConversationSummary[];
  /** Chats outlive the page. */
  readonly persistent: boolean;
};

/** The chats there are besides the one on screen, and where they are kept. */
export function createKeptChats(
  openStorage: () => Promise<ConversationStorage>,
  onChange: (change: Partial<KeptChatsState>) => void,
) {
  let storage: Promise<ConversationStorage> = Promise.resolve(memoryStorage());

  async function refresh(): Promise<void> {
    onChange({ history: await (await storage).list() });
  }

  return {
    /** Opens the store of chats; where that fails, or cannot list what it has, nothing is kept beyond the page. */
    open(): void {
      storage = openStorage().catch(() => memoryStorage());
      void storage.then(({ persistent }) => onChange({ persistent }));
      void refresh().catch(() => onChange({ persistent: false }));
    },
    async save(conversation: Conversation): Promise<void> {
      if (conversation.messages.length === 0) return;
      try {
        await (await storage).save(conversation);
        await refresh();
      } catch {
        // A full or failing disk must not stop the conversation; the list of chats says that nothing is kept.
        onChange({ persistent: false });
      }
    },
    load: async (id: string): Promise<Conversation | undefined> => (await storage).load(id),
    all: async (): Promise<Conversation[]> => (await storage).all(),
    async remove(id: string): Promise<void> {
      await (await storage).remove(id);
      await refresh();
    },
    async removeAll(): Promise<void> {
      await (await storage).removeAll();
      await refresh();
    },
  };
}
