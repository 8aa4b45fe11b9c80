import { type Conversation, type ConversationSummary, summaryOf } from '../chat/conversation.ts';

/** Where chats are kept. Everything stays on the device; nothing is written before it is complete. */
export interface ConversationStorage {
  /** False where chats are lost when the page closes. */
  readonly persistent: boolean;
  /** The newest first. */
  list(): Promise<ConversationSummary[]>;
  load(id: string): Promise<Conversation | undefined>;
  save(conversation: Conversation): Promise<void>;
  remove(id: string): Promise<void>;
  removeAll(): Promise<void>;
  /** All of them, for an export. */
  all(): Promise<Conversation[]>;
  /** Calls with the id of each chat that another tab saves or removes; without one when it removes all. */
  onElsewhere(listener: (id: string | undefined) => void): void;
}

/** Chats of this visit: for browsers that store nothing, and for tests. */
export function memoryStorage(): ConversationStorage {
  const conversations = new Map<string, Conversation>();
  const newestFirst = () => [...conversations.values()].sort((a, b) => b.updatedAt - a.updatedAt);
  return {
    persistent: false,
    list: async () => newestFirst().map(summaryOf),
    load: async (id) => conversations.get(id),
    save: async (conversation) => void conversations.set(conversation.id, conversation),
    remove: async (id) => void conversations.delete(id),
    removeAll: async () => conversations.clear(),
    all: async () => newestFirst(),
    onElsewhere() {},
  };
}
