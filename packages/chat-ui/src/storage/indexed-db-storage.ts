import { type DBSchema, openDB } from 'idb';
import { summaryOf } from '../chat/conversation.ts';
import type { ConversationStorage } from './conversation-storage.ts';
import { parseConversation, type StoredConversation, schemaVersion } from './parse-conversation.ts';

interface Schema extends DBSchema {
  conversations: { key: string; value: StoredConversation; indexes: { updatedAt: number } };
}

// Neither may ever change: chats that nobody finds again are lost chats.
const databaseName = 'tama';
const databaseVersion = 1;

type News = { readonly id?: string };

/** Chats in IndexedDB. Rejects where the browser has none or refuses, as some do in private windows. */
export async function openIndexedDbStorage(): Promise<ConversationStorage> {
  const database = await openDB<Schema>(databaseName, databaseVersion, {
    upgrade(db, oldVersion) {
      if (oldVersion < 1) {
        db.createObjectStore('conversations', { keyPath: 'id' }).createIndex('updatedAt', 'updatedAt');
      }
    },
    // A newer version of this page in another tab wants to upgrade: let it. Later calls here reject and say so.
    blocking: (_current, _wanted, event) => (event.target as IDBDatabase).close(),
  });

  const tabs = new BroadcastChannel('tama.chats');
  const tell = (news: News) => tabs.postMessage(news);

  const all = async () => {
    const records = await database.getAllFromIndex('conversations', 'updatedAt');
    return records.flatMap((record) => parseConversation(record) ?? []).reverse();
  };
  return {
    persistent: true,
    all,
    list: async () => (await all()).map(summaryOf),
    load: async (id) => parseConversation(await database.get('conversations', id)),
    async save(conversation) {
      await database.put('conversations', { ...conversation, schema: schemaVersion });
      tell({ id: conversation.id });
    },
    async remove(id) {
      await database.delete('conversations', id);
      tell({ id });
    },
    async removeAll() {
      await database.clear('conversations');
      tell({});
    },
    onElsewhere: (listener) => tabs.addEventListener('message', ({ data }: MessageEvent<News>) => listener(data.id)),
  };
}
