import 'fake-indexeddb/auto';
import { TamaError } from '@tama/errors';
import { describe, expect, it } from 'vitest';
import { defaultSettings, type Settings } from '../settings/settings.ts';
import { memoryStorage } from '../storage/conversation-storage.ts';
import { openIndexedDbStorage } from '../storage/indexed-db-storage.ts';
import { createGate, type Script, scriptedHost } from '../testing/scripted-engine.ts';
import { createChat } from './chat.ts';
import type { ReplyMessage } from './conversation.ts';
import type { KeyValueStorage } from './last-model.ts';
import type { SessionStorage } from './tab-memory.ts';

/** One clock for all tabs. */
let time = 1000;

function start(
  script: Script = {},
  settings: Partial<Settings> = {},
  storage = memoryStorage(),
  session?: SessionStorage,
  memory?: KeyValueStorage,
) {
  const host = scriptedHost(script);
  const chat = createChat({
    connect: host.connect,
    demoUrl: '/models/demo.gguf',
    settings: () => ({ ...defaultSettings, ...settings }),
    openStorage: async () => storage,
    session,
    storage: memory,
    now: () => time++,
  });
  chat.start();
  const messages = () => chat.getState().conversation.messages;
  const lastReply = () => messages().at(-1) as ReplyMessage;
  const replied = (state = 'complete') => expect.poll(() => lastReply()).toMatchObject({ state });
  return { chat, host, storage, messages, lastReply, replied };
}

const tooBig = () =>
  new TamaError('adapter-too-small', {
    en: { what: 'Too small.', remedy: 'Buy another.' },
    ja: { what: '小さすぎます。', remedy: '別のものをお使いください。' },
  });

describe('a reply', () => {
  it('streams token by token and ends with ids, text and numbers', async () => {
    const gate = createGate();
    const { chat, lastReply, replied } = start({
      reply: () => ['私', 'は', '緑茶'],
      beforeToken: (index) => (index === 2 ? gate.opened : undefined),
    });
    chat.send('I like green tea.');
    await expect.poll(() => lastReply()).toMatchObject({ state: 'streaming', text: '私は' });
    gate.open();
    await replied();
    expect(lastReply()).toMatchObject({ text: '私は緑茶', ids: [0, 1, 2], usage: { completionTokens: 3 } });
    expect(lastReply().model).toEqual({ name: 'Scripted model', demo: true });
  });

  it('waits for a model that is still loading', async () => {
    const gate = createGate();
    const { chat, lastReply, replied } = start({ load: () => gate.opened });
    chat.send('Hello!');
    await expect.poll(() => chat.getState().model.phase).toBe('loading');
    expect(lastReply().state).toBe('waiting');
    gate.open();
    await replied();
  });

  it('is asked for with the settings and the conversation so far', async () => {
    const { chat, host, replied } = start(
      {},
      { temperature: 0.5, topK: 7, topP: 0.9, seed: 3, systemPrompt: 'Be brief.' },
    );
    chat.send('One');
    await replied();
    chat.send('Two');
    await replied();
    expect(host.calls[1]?.prompt).toEqual({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'One' },
        { role: 'assistant', content: 'Hello!' },
        { role: 'user', content: 'Two' },
      ],
    });
    expect(host.calls[1]?.options).toMatchObject({ temperature: 0.5, topK: 7, topP: 0.9, seed: 3 });
  });

  it('is not asked for by blank text, nor twice', async () => {
    const { chat, host, messages, replied } = start();
    chat.send(' \n ');
    expect(messages()).toEqual([]);
    chat.send('One');
    chat.send('Two');
    await replied();
    expect(messages()).toHaveLength(2);
    expect(host.calls).toHaveLength(1);
  });

  it('that fails says why, can be tried again, and is not told to the model', async () => {
    const { chat, host, lastReply, replied } = start({ failGenerate: (call) => (call === 0 ? tooBig() : undefined) });
    chat.send('One');
    await replied('failed');
    expect(lastReply().error).toMatchObject({ code: 'adapter-too-small', texts: { ja: { what: '小さすぎます。' } } });

    chat.send('Two');
    await replied();
    expect(host.calls[1]?.prompt).toEqual({ messages: [{ role: 'user', content: 'Two' }] });
  });
});

describe('stop', () => {
  it('ends a running reply at once and keeps what it has, with the numbers that come later', async () => {
    const gate = createGate();
    const { chat, host, lastReply } = start({
      reply: () => ['one', ' two', ' three'],
      beforeToken: (index) => (index === 2 ? gate.opened : undefined),
    });
    chat.send('Count');
    await expect.poll(() => lastReply().text).toBe('one two');
    chat.stop();
    expect(lastReply()).toMatchObject({ state: 'stopped', text: 'one two', ids: [0, 1] });
    expect(host.calls[0]?.options.signal?.aborted).toBe(true);
    gate.open();
    await expect.poll(() => lastReply().usage?.completionTokens).toBe(2);
    expect(lastReply()).toMatchObject({ state: 'stopped', text: 'one two' });
  });

  it('ends the wait for a model that loads', async () => {
    const { chat, host, lastReply } = start({ load: () => new Promise(() => {}) });
    chat.send('Hello!');
    chat.stop();
    expect(lastReply().state).toBe('stopped');
    chat.send('Again');
    expect(lastReply().state).toBe('waiting');
    expect(host.calls).toEqual([]);
  });
});

describe('another answer', () => {
  it('replaces the last and varies where sampling is greedy', async () => {
    const { chat, host, messages, lastReply, replied } = start({ reply: (_, index) => [`answer ${index}`] });
    chat.send('One');
    await replied();
    chat.regenerate();
    await expect.poll(() => lastReply()).toMatchObject({ text: 'answer 1', state: 'complete' });
    expect(messages()).toHaveLength(2);
    expect(host.calls.map(({ options }) => options.temperature)).toEqual([0, 0.8]);
  });

  it('keeps the temperature that was chosen', async () => {
    const { chat, host, replied } = start({}, { temperature: 0.3 });
    chat.send('One');
    await replied();
    chat.regenerate();
    await expect.poll(() => host.calls.map(({ options }) => options.temperature)).toEqual([0.3, 0.3]);
  });

  it('is another one although the seed is fixed; one that was stopped is begun again as it was', async () => {
    const gate = createGate();
    const settings = { temperature: 0.3, seed: 7 };
    const { chat, host, replied } = start(
      { beforeToken: () => (host.calls.length === 2 ? gate.opened : undefined) },
      settings,
    );
    chat.send('One');
    await replied();
    chat.regenerate();
    await expect.poll(() => host.calls).toHaveLength(2);
    chat.stop();
    chat.regenerate();
    await replied();
    expect(host.calls.map(({ options }) => options.seed)).toEqual([7, undefined, 7]);
  });
});

describe('editing', () => {
  it('replaces the last message and its reply', async () => {
    const { chat, host, messages, replied } = start();
    chat.send('One');
    await replied();
    chat.send('Tow');
    await replied();
    chat.editLast('Two');
    await replied();
    expect(messages().map(({ text }) => text)).toEqual(['One', 'Hello!', 'Two', 'Hello!']);
    expect(host.calls.at(-1)?.prompt).toMatchObject({ messages: [{}, {}, { content: 'Two' }] });
  });
});

describe('chats', () => {
  it('are kept, listed, opened again and removed', async () => {
    const { chat, messages, replied, storage } = start();
    chat.send('One');
    await replied();
    const first = chat.getState().conversation.id;
    chat.newChat();
    expect(messages()).toEqual([]);
    chat.send('Two');
    await replied();
    await expect.poll(() => chat.getState().history.map(({ title }) => title)).toEqual(['Two', 'One']);

    await chat.openChat(first);
    expect(messages().map(({ text }) => text)).toEqual(['One', 'Hello!']);
    await chat.removeChat(first);
    expect(messages()).toEqual([]);
    expect(chat.getState().history.map(({ title }) => title)).toEqual(['Two']);
    await chat.removeAllChats();
    expect(await storage.all()).toEqual([]);
  });

  it('keep a reply that was running when the reader left, as stopped', async () => {
    const gate = createGate();
    const { chat, lastReply, storage } = start({
      reply: () => ['one', ' two'],
      beforeToken: (index) => (index === 1 ? gate.opened : undefined),
    });
    chat.send('Count');
    await expect.poll(() => lastReply().text).toBe('one');
    const { id } = chat.getState().conversation;
    chat.newChat();
    gate.open();
    await expect
      .poll(async () => (await storage.load(id))?.messages[1])
      .toMatchObject({ state: 'stopped', text: 'one' });
    expect(chat.getState().conversation.messages).toEqual([]);
  });

  it('keep what a running reply has every second, for a page that is reloaded or breaks', async () => {
    const gate = createGate();
    let clock = 0;
    const storage = memoryStorage();
    const chat = createChat({
      connect: scriptedHost({
        reply: () => ['one', ' two', ' three', ' four'],
        beforeToken(index) {
          clock += 600;
          return index === 3 ? gate.opened : undefined;
        },
      }).connect,
      demoUrl: '/demo',
      settings: () => defaultSettings,
      openStorage: async () => storage,
      now: () => clock,
    });
    chat.start();
    chat.send('Count');
    const { id } = chat.getState().conversation;
    await expect
      .poll(async () => (await storage.load(id))?.messages[1])
      .toMatchObject({ state: 'streaming', text: 'one two' });
    gate.open();
    await expect.poll(async () => (await storage.load(id))?.messages[1]).toMatchObject({ state: 'complete' });
  });

  it('are the same in every tab: what one writes, another shows and goes on with', async () => {
    const here = start({}, {}, await openIndexedDbStorage());
    const there = start({}, {}, await openIndexedDbStorage());
    here.chat.send('One');
    await here.replied();
    await expect.poll(() => there.chat.getState().history).toHaveLength(1);
    await there.chat.openChat(here.chat.getState().conversation.id);
    there.chat.send('Two');
    await there.replied();

    await expect.poll(() => here.messages()).toEqual(there.messages());
    here.chat.send('Three');
    await here.replied();
    const texts = ['One', 'Hello!', 'Two', 'Hello!', 'Three', 'Hello!'];
    await expect.poll(() => there.messages().map(({ text }) => text)).toEqual(texts);

    await there.chat.removeAllChats();
    await expect.poll(() => here.chat.getState().history).toEqual([]);
    expect(here.messages()).toHaveLength(6);
  });

  it('that two tabs go on with at once are two chats then, and neither loses a word', async () => {
    const gate = createGate();
    /** Stops the reply of this call, of which there is something then. */
    const held = (heldCall: number): Script => ({
      beforeToken: (index, call) => (call === heldCall && index === 1 ? gate.opened : undefined),
    });
    const here = start(held(1), {}, await openIndexedDbStorage());
    const there = start(held(0), {}, await openIndexedDbStorage());
    await here.chat.removeAllChats();
    here.chat.send('One');
    await here.replied();
    await there.chat.openChat(here.chat.getState().conversation.id);
    here.chat.send('Left');
    there.chat.send('Right');
    await expect.poll(() => [here.lastReply().state, there.lastReply().state]).toEqual(['streaming', 'streaming']);
    const idOf = ({ chat }: typeof here) => chat.getState().conversation.id;
    await expect.poll(() => idOf(here) !== idOf(there)).toBe(true);
    gate.open();
    await here.replied();
    await there.replied();
    const lastWords = async () => (await here.storage.all()).map(({ messages }) => messages.at(-2)?.text);
    await expect.poll(lastWords).toEqual(expect.arrayContaining(['Left', 'Right']));
  });

  it('from a file are added, and never replace what was written later', async () => {
    const { chat, messages, replied, storage } = start();
    chat.send('One');
    await replied();
    await expect.poll(async () => (await storage.all())[0]?.messages[1]).toMatchObject({ state: 'complete' });
    const [exported] = await storage.all();
    if (!exported) throw new Error('nothing was stored');
    chat.send('Two');
    await replied();

    await chat.addChats([exported, { ...exported, id: 'other', updatedAt: 1 }]);
    expect(messages()).toHaveLength(4);
    expect(chat.getState().history.map(({ id }) => id)).toEqual([exported.id, 'other']);
    await chat.addChats([{ ...exported, updatedAt: 1e9 }]);
    expect(messages()).toHaveLength(2);
    expect(await storage.load(exported.id)).toMatchObject({ updatedAt: 1e9 });

    // A list that is drawn anew for each of many would take minutes.
    const many = Array.from({ length: 50 }, (_, index) => ({ ...exported, id: `many ${index}`, updatedAt: 2 + index }));
    const lists = new Set();
    chat.subscribe(({ history }) => lists.add(history));
    await chat.addChats(many);
    expect(chat.getState().history).toHaveLength(52);
    expect(lists.size).toBeLessThan(5);
  });

  it('is open again after a reload of the tab, and not in a new tab', async () => {
    const items = new Map<string, string>();
    const session = {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
    };
    const { chat, replied, storage } = start({}, {}, memoryStorage(), session);
    chat.send('One');
    await replied();
    chat.rememberDraft('Tw');
    chat.dispose();

    const reloaded = start({}, {}, storage, session);
    expect(reloaded.chat.draftBefore).toBe('Tw');
    await expect.poll(() => reloaded.messages().map(({ text }) => text)).toEqual(['One', 'Hello!']);
    reloaded.chat.newChat();
    const again = start({}, {}, storage, session);
    await expect.poll(() => again.chat.getState().history).toHaveLength(1);
    expect(again.messages()).toEqual([]);
  });

  it('go on where nothing can be stored, and say so', async () => {
    const host = scriptedHost();
    const chat = createChat({
      connect: host.connect,
      demoUrl: '/demo',
      settings: () => defaultSettings,
      openStorage: () => Promise.reject(new DOMException('denied', 'SecurityError')),
    });
    chat.start();
    chat.send('Hello!');
    await expect.poll(() => chat.getState().conversation.messages[1]).toMatchObject({ state: 'complete' });
    expect(chat.getState().persistent).toBe(false);
  });

  it('go on when the disk is full, say so, are exported all the same, and are kept when there is room', async () => {
    const disk = memoryStorage();
    let full = true;
    const save: typeof disk.save = (conversation) =>
      full ? Promise.reject(new DOMException('full', 'QuotaExceededError')) : disk.save(conversation);
    const { chat, messages, replied } = start({}, {}, { ...disk, save });
    chat.send('Hello!');
    await replied();
    await expect.poll(() => chat.getState().unsaved).toBe(true);
    expect(await chat.allChats()).toMatchObject([{ messages: messages() }]);

    full = false;
    chat.send('Again.');
    await replied();
    await expect.poll(() => chat.getState().unsaved).toBe(false);
    expect(await disk.all()).toMatchObject([{ messages: messages() }]);
    expect(await chat.allChats()).toHaveLength(1);
  });

  it('that are on screen already go on when they are chosen, with the reply that runs', async () => {
    const gate = createGate();
    const { chat, lastReply, replied } = start({
      reply: () => ['a', 'b'],
      beforeToken: (index) => (index === 1 ? gate.opened : undefined),
    });
    chat.send('Hello!');
    await expect.poll(() => lastReply()).toMatchObject({ state: 'streaming', text: 'a' });
    await chat.openChat(chat.getState().conversation.id);
    expect(lastReply().state).toBe('streaming');
    gate.open();
    await replied();
    expect(lastReply().text).toBe('ab');
  });
});

describe('a conversation longer than the context', () => {
  it('leaves out the oldest turns, half the context at once, and says how many', async () => {
    const { chat, host, lastReply, replied } = start({ contextLength: 100, reply: () => ['0123456789'] });
    const asked: number[] = [];
    for (let turn = 0; turn < 8; turn++) {
      chat.send(`${turn}`.repeat(10));
      await replied();
      asked.push(lastReply().forgotten);
    }
    // 20 characters a turn, 75 for the prompt: the fifth prompt has 90 and shrinks to at most 50, then grows again.
    expect(asked).toEqual([0, 0, 0, 0, 4, 4, 8, 8]);
    for (const { prompt } of host.calls) {
      const { messages } = prompt as { messages: { role: string; content: string }[] };
      expect(messages[0]?.role).toBe('user');
      expect(messages.map(({ content }) => content).join('').length).toBeLessThanOrEqual(75);
    }
  });

  it('is whole again for another model with a larger context', async () => {
    const small = scriptedHost({ name: 'Small', contextLength: 100, reply: () => ['0123456789'] });
    const large = scriptedHost({ name: 'Large', contextLength: 1000 });
    let host = small;
    const chat = createChat({
      connect: () => host.connect(),
      demoUrl: '/demo',
      settings: () => defaultSettings,
      openStorage: async () => memoryStorage(),
    });
    chat.start();
    const lastReply = () => chat.getState().conversation.messages.at(-1) as ReplyMessage;
    const say = async (text: string) => {
      chat.send(text);
      await expect.poll(() => lastReply()).toMatchObject({ state: 'complete' });
    };
    for (let turn = 0; turn < 5; turn++) await say(`${turn}`.repeat(10));
    expect(lastReply().forgotten).toBe(4);
    host = large;
    chat.loadModel({ kind: 'files', files: new File([], 'large.gguf') });
    await say('And now?');
    expect(lastReply().forgotten).toBe(0);
  });
});

describe('the model', () => {
  it('that cannot be loaded leaves the error, and the next try is a new worker', async () => {
    let small = true;
    const { chat, host, replied } = start({
      checkAdapter: async () => {
        if (small) throw tooBig();
      },
    });
    await expect.poll(() => chat.getState().model).toMatchObject({ phase: 'failed' });
    expect(host.sources).toEqual([]);
    small = false;
    const { source } = chat.getState().model;
    chat.loadModel(source);
    chat.send('Hello!');
    await replied();
    expect(host.sources).toEqual(['/models/demo.gguf']);
    expect(host.disposals()).toBe(1);
  });

  it('that the reader opened is not called the demo, unless it is', async () => {
    const { chat, lastReply, replied } = start({ name: 'gemma-2-2b-it' });
    await expect.poll(() => chat.getState().model.phase).toBe('ready');
    chat.loadModel({ kind: 'files', files: new File(['GGUF'], 'gemma.gguf') });
    chat.send('Hello!');
    await replied();
    expect(lastReply().model).toEqual({ name: 'gemma-2-2b-it', demo: false });

    const opened = start({ name: 'Tama demo' });
    opened.chat.loadModel({ kind: 'files', files: new File(['GGUF'], 'x.gguf') });
    opened.chat.send('Hello!');
    await opened.replied();
    expect(opened.lastReply().model?.demo).toBe(true);
  });

  it('that is small stays warm behind the next one, and is there again without being loaded', async () => {
    const { chat, host, replied } = start();
    const ready = () => expect.poll(() => chat.getState().model.phase).toBe('ready');
    await ready();
    const { source: demo } = chat.getState().model;
    chat.loadModel(demo);
    chat.newChat();
    expect(chat.getState().model.phase).toBe('ready');
    const other = { kind: 'stored', source: 'hf:o/r', commit: '0' } as const;
    chat.loadModel(other);
    await expect.poll(() => chat.getState().model).toMatchObject({ phase: 'ready', source: other });
    chat.loadModel(demo);
    expect(chat.getState().model).toMatchObject({ phase: 'ready', source: demo });
    chat.send('Hello!');
    await replied();
    chat.loadModel({ ...other });
    expect(chat.getState().model).toMatchObject({ phase: 'ready', source: other });
    expect(host.sources).toEqual(['/models/demo.gguf', 'stored:hf:o/r']);
    // The same name at another commit is another model.
    chat.loadModel({ ...other, commit: '1' });
    await ready();
    expect(host.sources).toHaveLength(3);
    chat.dispose();
    expect(host.disposals()).toBe(3);
  });

  it('that is large is let go before the next one is loaded', async () => {
    const { chat, host } = start({ weightBytes: 2e9 });
    await expect.poll(() => chat.getState().model.phase).toBe('ready');
    chat.loadModel({ kind: 'stored', source: 'hf:o/r' });
    expect(host.disposals()).toBe(1);
  });

  it.each(['worker-failed', 'device-lost'])(
    'that answers with %s is loaded again for the next message',
    async (code) => {
      const gone = new TamaError(code, {
        en: { what: 'Gone.', remedy: 'Reload.' },
        ja: { what: '停止しました。', remedy: '再読み込みしてください。' },
      });
      const { chat, host, replied } = start({ failGenerate: (call) => (call === 0 ? gone : undefined) });
      chat.send('Hello!');
      await replied('failed');
      chat.regenerate();
      await replied();
      expect(host.sources).toHaveLength(2);
      expect(host.disposals()).toBe(1);
    },
  );

  it('that is replaced while it loads does not come back', async () => {
    const gate = createGate();
    const { chat, replied } = start({
      load: (source) => (typeof source === 'string' ? gate.opened : Promise.resolve()),
    });
    const files = new File(['GGUF'], 'gemma.gguf');
    chat.loadModel({ kind: 'files', files });
    await expect.poll(() => chat.getState().model).toMatchObject({ phase: 'ready', source: { files } });
    gate.open();
    chat.send('Hello!');
    await replied();
    expect(chat.getState().model).toMatchObject({ phase: 'ready', source: { files } });
  });
});

describe('the model of the visit before', () => {
  const stored = { kind: 'stored', source: 'hf:o/r', commit: '0', fit: { weights: 'q4' } } as const;
  const mapStorage = (): KeyValueStorage => {
    const items = new Map<string, string>();
    return {
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => void items.set(key, value),
      removeItem: (key) => void items.delete(key),
    };
  };
  const visit = (script: Script, memory: KeyValueStorage) => start(script, {}, memoryStorage(), undefined, memory);
  const ready = ({ chat }: ReturnType<typeof start>, source: object) =>
    expect.poll(() => chat.getState().model).toMatchObject({ phase: 'ready', source });
  /** A memory of a visit that used the stored model. */
  async function afterUse(): Promise<KeyValueStorage> {
    const memory = mapStorage();
    const before = visit({}, memory);
    await ready(before, { kind: 'demo' });
    before.chat.loadModel(stored);
    await ready(before, stored);
    before.chat.dispose();
    return memory;
  }
  const fault = (code: string) =>
    new TamaError(code, { en: { what: 'No.', remedy: 'Yes.' }, ja: { what: '否。', remedy: '諾。' } });
  const failing = (code: string): Script => ({
    load: async (source) => {
      if (source === 'stored:hf:o/r') throw fault(code);
    },
  });

  it('is opened again, as it was loaded, and the demo is not', async () => {
    const after = visit({}, await afterUse());
    await ready(after, stored);
    expect(after.host.sources).toEqual(['stored:hf:o/r']);
    expect(after.host.loadOptions[0]).toMatchObject({ weights: 'q4' });
  });

  it.each([
    ['the demo', { kind: 'demo', url: '/models/demo.gguf' }],
    ["the reader's own files", { kind: 'files', files: new File(['GGUF'], 'x.gguf') }],
  ] as const)('is not when %s took its place', async (_, source) => {
    const memory = await afterUse();
    const { chat } = visit({}, memory);
    chat.loadModel(source);
    await expect.poll(() => chat.getState().model).toMatchObject({ phase: 'ready', source });
    const after = visit({}, memory);
    await ready(after, { kind: 'demo' });
  });

  it('has the demo in its place when it cannot be opened, for a message that already waits too', async () => {
    const memory = await afterUse();
    const after = visit(failing('storage-full'), memory);
    const phases: string[] = [];
    after.chat.subscribe(({ model }) => phases.push(model.phase));
    after.chat.send('Hello!');
    await after.replied();
    expect(after.chat.getState()).toMatchObject({
      model: { phase: 'ready', source: { kind: 'demo' } },
      notReopened: { source: stored, error: { code: 'storage-full' } },
    });
    expect(phases).not.toContain('failed');
    after.chat.loadModel(stored);
    await expect.poll(() => after.chat.getState().model.phase).toBe('failed');
    expect(after.chat.getState().notReopened).toBeUndefined();
  });

  it('is not missed when it is no longer stored', async () => {
    const after = visit(failing('model-not-stored'), await afterUse());
    await ready(after, { kind: 'demo' });
    expect(after.chat.getState().notReopened).toBeUndefined();
  });

  it('is given up when the page has ended three times while it loaded', async () => {
    const memory = await afterUse();
    const never = () => new Promise<void>(() => {});
    for (let visits = 0; visits < 3; visits++) {
      const broken = visit({ load: never }, memory);
      await expect.poll(() => broken.host.sources).toEqual(['stored:hf:o/r']);
    }
    await ready(visit({}, memory), { kind: 'demo' });
  });

  it.each(['{', '7', '{"source":3}'])('is the demo where the memory is %s', async (kept) => {
    await ready(visit({}, { ...mapStorage(), getItem: () => kept }), { kind: 'demo' });
  });
});
