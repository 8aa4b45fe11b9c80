import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Conversation, ReplyMessage } from '../chat/conversation.ts';
import { chatsFile, parseChatsFile } from './chats-file.ts';
import { memoryStorage } from './conversation-storage.ts';
import { openIndexedDbStorage } from './indexed-db-storage.ts';
import { parseConversation, schemaVersion } from './parse-conversation.ts';

const reply: ReplyMessage = {
  id: 'r',
  role: 'assistant',
  text: '私は緑茶が好きです。',
  state: 'complete',
  ids: [322, 7766, 6896, 1973, 6439],
  model: { name: 'tama-demo', demo: true },
  usage: { promptTokens: 12, cachedTokens: 0, completionTokens: 5, prefillMs: 40, decodeMs: 60 },
  error: undefined,
  forgotten: 0,
};

const conversation = (id: string, updatedAt: number): Conversation => ({
  id,
  createdAt: 1,
  updatedAt,
  messages: [{ id: 'u', role: 'user', text: `Tea, ${id}` }, reply],
});

const open = { memory: async () => memoryStorage(), IndexedDB: openIndexedDbStorage };

describe.each(Object.entries(open))('chats in %s', (_, openStorage) => {
  beforeEach(async () => (await openStorage()).removeAll());

  it('come back as they were, the newest first', async () => {
    const storage = await openStorage();
    for (const [id, time] of [
      ['a', 10],
      ['b', 30],
      ['c', 20],
    ] as const)
      await storage.save(conversation(id, time));
    expect(await storage.list()).toEqual([
      { id: 'b', updatedAt: 30, title: 'Tea, b' },
      { id: 'c', updatedAt: 20, title: 'Tea, c' },
      { id: 'a', updatedAt: 10, title: 'Tea, a' },
    ]);
    expect(await storage.load('c')).toEqual(conversation('c', 20));
    expect((await storage.all()).map(({ id }) => id)).toEqual(['b', 'c', 'a']);
  });

  it('are replaced by id, removed, and removed all at once', async () => {
    const storage = await openStorage();
    await storage.save(conversation('a', 10));
    await storage.save(conversation('a', 40));
    await storage.save(conversation('b', 20));
    expect((await storage.list()).map(({ updatedAt }) => updatedAt)).toEqual([40, 20]);
    await storage.remove('a');
    expect(await storage.load('a')).toBeUndefined();
    await storage.removeAll();
    expect(await storage.list()).toEqual([]);
  });
});

describe('what one tab changes', () => {
  it('is told to the others, and not to itself', async () => {
    const [here, there] = [await openIndexedDbStorage(), await openIndexedDbStorage()];
    const heard: (string | undefined)[] = [];
    here.onElsewhere((id) => heard.push(id));
    await here.save(conversation('a', 10));
    await there.save(conversation('b', 20));
    await there.remove('a');
    await there.removeAll();
    await expect.poll(() => heard).toEqual(['b', 'a', undefined]);
    expect(await here.list()).toEqual([]);
  });
});

describe('a record of a later version', () => {
  it('is neither shown nor touched', async () => {
    const storage = await openIndexedDbStorage();
    await storage.removeAll();
    const database = await openDB('tama');
    const later = { id: 'z', schema: 2, updatedAt: 99, pages: [] };
    await database.put('conversations', later);
    await storage.save(conversation('a', 10));

    expect((await storage.list()).map(({ id }) => id)).toEqual(['a']);
    expect(await storage.load('z')).toBeUndefined();
    expect(await database.get('conversations', 'z')).toEqual(later);
    database.close();
  });
});

describe('a file of chats', () => {
  it('comes back as it was', () => {
    const chats = [conversation('a', 10), conversation('b', 20)];
    expect(parseChatsFile(chatsFile(chats), 'x.json')).toEqual(chats);
  });

  it('gives what it has that is whole', () => {
    const { conversations, ...rest } = JSON.parse(chatsFile([conversation('a', 10)]));
    const text = JSON.stringify({ ...rest, conversations: [null, 7, ...conversations, { id: 'x' }] });
    expect(parseChatsFile(text, 'x.json')).toEqual([conversation('a', 10)]);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{"format":'],
    ['null', 'null'],
    ['an array', '[1]'],
    ['no chats', chatsFile([])],
    ['a later version', chatsFile([conversation('a', 1)]).replace('"version": 1', '"version": 2')],
    ['chats of others', '{"conversations":[{"id":"a","messages":[]}]}'],
  ])('is refused with %s, by its name', (_, text) => {
    expect(() => parseChatsFile(text, 'x.json')).toThrow("'x.json' holds no chats");
  });
});

describe('parseConversation', () => {
  const stored = { ...conversation('a', 10), schema: schemaVersion };

  it('turns a reply that was running into a stopped one', () => {
    const running = { ...stored, messages: [{ ...reply, state: 'streaming' }] };
    expect(parseConversation(running)?.messages[0]).toMatchObject({ state: 'stopped' });
  });

  it.each([
    ['not an object', null],
    ['no schema', conversation('a', 10)],
    ['a later schema', { ...stored, schema: 2 }],
    ['no id', { ...stored, id: 7 }],
    ['a time that is none', { ...stored, updatedAt: Number.NaN }],
    ['messages that are none', { ...stored, messages: 'x' }],
    ['a message without text', { ...stored, messages: [{ id: 'u', role: 'user' }] }],
    ['an unknown role', { ...stored, messages: [{ id: 'u', role: 'system', text: 'x' }] }],
    ['an unknown state', { ...stored, messages: [{ ...reply, state: 'dreaming' }] }],
    ['ids that are none', { ...stored, messages: [{ ...reply, ids: ['1'] }] }],
  ])('refuses %s', (_, record) => {
    expect(parseConversation(record)).toBeUndefined();
  });
});
