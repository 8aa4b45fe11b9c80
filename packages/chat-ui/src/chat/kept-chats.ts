import { type ConversationStorage, memoryStorage } from '../storage/conversation-storage.ts';
import { type Conversation, type ConversationSummary, summaryOf } from './conversation.ts';

export type KeptChatsState = {
  readonly history: readonly ConversationSummary[];
  /** Chats outlive the page. */
  readonly persistent: boolean;
  /** What was written last could not be kept: the disk is full, or fails. */
  readonly unsaved: boolean;
};

export type KeptChatsOptions = {
  readonly openStorage: () => Promise<ConversationStorage>;
  readonly onChange: (change: Partial<KeptChatsState>) => void;
  /** Told of a chat that another tab saved, or that came from a file. */
  readonly onElsewhere: (conversation: Conversation) => void;
};

/** The chats there are besides the one on screen, and where they are kept. */
export function createKeptChats({ openStorage, onChange, onElsewhere }: KeptChatsOptions) {
  let storage: Promise<ConversationStorage> = Promise.resolve(memoryStorage());
  let history: readonly ConversationSummary[] = [];

  function list(changed: readonly ConversationSummary[]): void {
    history = changed;
    onChange({ history });
  }
  const without = (removed: string) => history.filter(({ id }) => id !== removed);
  const listAmong = (conversation: Conversation) =>
    list([summaryOf(conversation), ...without(conversation.id)].sort((a, b) => b.updatedAt - a.updatedAt));

  async function takeOver(id: string | undefined): Promise<void> {
    if (id === undefined) return list([]);
    const conversation = await (await storage).load(id);
    if (!conversation) return list(without(id));
    listAmong(conversation);
    onElsewhere(conversation);
  }

  async function listAll(): Promise<void> {
    const kept = await storage;
    onChange({ persistent: kept.persistent });
    // What cannot be read again stays as it was listed.
    kept.onElsewhere((id) => void takeOver(id).catch(() => {}));
    list(await kept.list());
  }

  return {
    /** Opens the store of chats; where that fails, or cannot list what it has, nothing is kept beyond the page. */
    open(): void {
      storage = openStorage().catch(() => memoryStorage());
      void listAll().catch(() => onChange({ persistent: false }));
    },
    async save(conversation: Conversation): Promise<void> {
      if (conversation.messages.length === 0) return;
      try {
        await (await storage).save(conversation);
        listAmong(conversation);
        onChange({ unsaved: false });
      } catch {
        // A full or failing disk must not stop the conversation; the page says what may be lost.
        onChange({ unsaved: true });
      }
    },
    /** Adds chats from a file. One that is here already stays as it is, unless the file has it as it was later. */
    async add(conversations: readonly Conversation[]): Promise<void> {
      const kept = await storage;
      try {
        for (const conversation of conversations) {
          const here = await kept.load(conversation.id);
          if (here && here.updatedAt >= conversation.updatedAt) continue;
          await kept.save(conversation);
          onElsewhere(conversation);
        }
      } finally {
        // Once: a list that is drawn for each of a thousand chats is a thousand times as long in the end.
        list(await kept.list());
      }
    },
    load: async (id: string): Promise<Conversation | undefined> => (await storage).load(id),
    all: async (): Promise<Conversation[]> => (await storage).all(),
    async remove(id: string): Promise<void> {
      await (await storage).remove(id);
      list(without(id));
    },
    async removeAll(): Promise<void> {
      await (await storage).removeAll();
      list([]);
    },
  };
}
