import { type Engine, fitToContext, type GenerateOptions } from '@tama/core';
import { isTamaError, serialiseError } from '@tama/errors';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { EngineHost, ModelSource } from '../engine-host.ts';
import { memoryBudget } from '../models/models.ts';
import type { Settings } from '../settings/settings.ts';
import { type ConversationStorage, memoryStorage } from '../storage/conversation-storage.ts';
import { abortable } from './abortable.ts';
import {
  type Conversation,
  type ConversationSummary,
  isRunning,
  type Message,
  type ReplyMessage,
  toChatMessages,
} from './conversation.ts';
import { createLastModel, type KeyValueStorage, type StoredSource } from './last-model.ts';
import { createModelLoader, type ModelState } from './model-loader.ts';
import { createTabMemory, type SessionStorage } from './tab-memory.ts';

export type ChatState = {
  readonly model: ModelState;
  /** The model of the visit before, which could not be opened, so that the demo is in its place. */
  readonly notReopened: { readonly source: StoredSource; readonly error: unknown } | undefined;
  /** The one on screen. */
  readonly conversation: Conversation;
  /** Tokens of the prompt that are read so far, while a reply waits for its first token. */
  readonly prefill: { readonly processed: number; readonly total: number } | undefined;
  readonly history: readonly ConversationSummary[];
  /** Chats outlive the page. */
  readonly persistent: boolean;
};

export type ChatOptions = {
  readonly connect: () => EngineHost;
  readonly demoUrl: string;
  readonly settings: () => Settings;
  readonly openStorage: () => Promise<ConversationStorage>;
  /** Remembers which chat is open while the tab lives, so that a reload shows it again. */
  readonly session?: SessionStorage | undefined;
  /** Remembers which model was used last, so that the next visit opens it again. */
  readonly storage?: KeyValueStorage | undefined;
  readonly now?: () => number;
};

export type Chat = Pick<StoreApi<ChatState>, 'getState' | 'getInitialState' | 'subscribe'> & {
  /** Opens the store of chats, and loads the model that was used last: the demo where there is none, or it fails. */
  start(): void;
  dispose(): void;
  loadModel(source: ModelSource): void;
  /** Takes the notice of {@link ChatState.notReopened} away. */
  forgetNotReopened(): void;
  /** Appends the text and the reply to it. Does nothing for blank text and while a reply is running. */
  send(text: string): void;
  /** Ends the running reply at once; what it has so far stays. */
  stop(): void;
  /** Replaces the last reply. Under greedy sampling with some variation: the same again would look like a fault. */
  regenerate(): void;
  /** Replaces the reader's last message, and the reply to it. */
  editLast(text: string): void;
  newChat(): void;
  openChat(id: string): Promise<void>;
  removeChat(id: string): Promise<void>;
  removeAllChats(): Promise<void>;
  allChats(): Promise<Conversation[]>;
};

/** Temperature of another answer where the settings say greedy. */
const variedTemperature = 0.8;

/** Everything the chat knows and does; React only shows it. */
export function createChat(options: ChatOptions): Chat {
  const { settings, now = Date.now } = options;
  const demo: ModelSource = { kind: 'demo', url: options.demoUrl };
  const store = createStore<ChatState>()(() => ({
    model: { phase: 'checking', source: demo },
    notReopened: undefined,
    conversation: emptyConversation(0),
    prefill: undefined,
    history: [],
    persistent: true,
  }));
  const lastModel = createLastModel(options.storage);
  let reopening: StoredSource | undefined;
  const loader = createModelLoader(
    options.connect,
    (model) => {
      if (model.phase === 'failed' && reopening && model.source === reopening) return useDemoInstead(model.error);
      if (model.phase === 'ready') {
        reopening = undefined;
        lastModel.remember(model.source);
      }
      store.setState({ model });
    },
    () => {
      const budget = memoryBudget(settings());
      return budget === undefined ? {} : { memoryBudget: budget };
    },
  );
  let storage: Promise<ConversationStorage> = Promise.resolve(memoryStorage());
  let running: AbortController | undefined;

  function useDemoInstead(error: unknown): void {
    const source = reopening;
    reopening = undefined;
    // Deleted meanwhile, here or in another tab: the reader knows.
    if (source && !isTamaError(error, 'model-not-stored')) store.setState({ notReopened: { source, error } });
    loader.load(demo);
  }

  /** The engine that answers now; one that could not be opened again has the demo in its place. */
  async function engineNow(): Promise<Engine> {
    const wanted = reopening;
    return loader.engine().catch((error) => {
      if (wanted && store.getState().model.source === demo) return loader.engine();
      throw error;
    });
  }

  const tab = createTabMemory(options.session);
  store.subscribe(({ conversation }, before) => {
    const isOther = conversation.id !== before.conversation.id;
    const hasBegun = before.conversation.messages.length === 0 && conversation.messages.length > 0;
    if (isOther || hasBegun) tab.remember(conversation);
  });

  const messages = () => store.getState().conversation.messages;
  const setMessages = (changed: readonly Message[]) =>
    store.setState(({ conversation }) => ({ conversation: { ...conversation, messages: changed, updatedAt: now() } }));

  /** Changes one reply, if it is still on screen. */
  const patch = (id: string, change: Partial<ReplyMessage>) =>
    setMessages(messages().map((m) => (m.id === id && m.role === 'assistant' ? { ...m, ...change } : m)));

  async function save(): Promise<void> {
    const { conversation } = store.getState();
    if (conversation.messages.length === 0) return;
    try {
      await (await storage).save(conversation);
      await refreshHistory();
    } catch {
      // A full or failing disk must not stop the conversation; the list of chats says that nothing is kept.
      store.setState({ persistent: false });
    }
  }

  async function refreshHistory(): Promise<void> {
    store.setState({ history: await (await storage).list() });
  }

  /** Replies to the conversation as it stands, which ends with a message of the reader. */
  async function reply(sampling: Partial<GenerateOptions> = {}): Promise<void> {
    const abort = new AbortController();
    running = abort;
    const pending = newReply();
    const before = messages();
    setMessages([...before, pending]);
    void save();
    try {
      const engine = await abortable(engineNow(), abort.signal);
      const { model } = store.getState();
      const { temperature, topK, topP, seed, systemPrompt } = settings();
      const { prompt, forgotten } = await fitToContext(
        engine,
        before,
        (kept) => ({ messages: toChatMessages(kept, systemPrompt) }),
        forgottenIn(before),
      );
      abort.signal.throwIfAborted();
      patch(pending.id, {
        forgotten,
        model: { name: engine.info.name, demo: model.phase === 'ready' && model.demo },
      });

      let text = '';
      const ids: number[] = [];
      const generation = engine.generate(prompt, {
        temperature,
        topK,
        topP,
        ...(seed === undefined ? {} : { seed }),
        ...sampling,
        signal: abort.signal,
      });
      for await (const event of generation) {
        // After a stop only the last event counts: it has the numbers.
        if (abort.signal.aborted && event.type !== 'finish') continue;
        if (event.type === 'prefill') store.setState({ prefill: event });
        if (event.type === 'token') {
          text += event.text;
          ids.push(event.id);
          if (store.getState().prefill) store.setState({ prefill: undefined });
          patch(pending.id, { state: 'streaming', text, ids: [...ids] });
        }
        if (event.type === 'finish') {
          const state = abort.signal.aborted ? 'stopped' : stateOf[event.reason];
          patch(pending.id, { state, text: event.text, ids: event.ids, usage: event.usage });
        }
      }
    } catch (error) {
      if (abort.signal.aborted) return;
      patch(pending.id, { state: 'failed', error: serialiseError(error) });
      // The worker or its device is gone and every later reply would fail too: the next one gets a new worker.
      if (isTamaError(error) && gone.has(error.code)) loader.reload(store.getState().model.source);
    } finally {
      if (running === abort) {
        running = undefined;
        store.setState({ prefill: undefined });
      }
      if (messages().some(({ id }) => id === pending.id)) await save();
    }
  }

  function stop(): void {
    const last = messages().at(-1);
    running?.abort();
    running = undefined;
    store.setState({ prefill: undefined });
    if (last && isRunning(last)) {
      patch(last.id, { state: 'stopped' });
      void save();
    }
  }

  function send(text: string): void {
    if (text.trim() === '' || running) return;
    setMessages([...messages(), { id: newId(), role: 'user', text }]);
    void reply();
  }

  function show(conversation: Conversation): void {
    stop();
    store.setState({ conversation });
  }

  async function openChat(id: string): Promise<void> {
    const conversation = await (await storage).load(id);
    if (conversation) show(conversation);
  }

  /** Shows the chat that this tab had open before a reload, unless the reader has begun another. */
  async function reopen(id: string): Promise<void> {
    const conversation = await (await storage).load(id);
    if (conversation && messages().length === 0) show(conversation);
  }

  return {
    getState: store.getState,
    getInitialState: store.getInitialState,
    subscribe: store.subscribe,
    start() {
      storage = options.openStorage().catch(() => memoryStorage());
      void storage.then(({ persistent }) => store.setState({ persistent }));
      void refreshHistory().catch(() => store.setState({ persistent: false }));
      if (messages().length === 0) {
        store.setState({ conversation: emptyConversation(now()) });
        if (tab.openBefore) void reopen(tab.openBefore);
      }
      reopening = lastModel.take();
      loader.load(reopening ?? demo);
    },
    dispose() {
      stop();
      loader.dispose();
    },
    loadModel(source) {
      stop();
      reopening = undefined;
      store.setState({ notReopened: undefined });
      loader.load(source);
    },
    forgetNotReopened: () => store.setState({ notReopened: undefined }),
    send,
    stop,
    regenerate() {
      const last = messages().at(-1);
      if (running || last?.role !== 'assistant') return;
      const greedy = settings().temperature === 0 && last.state !== 'failed' && last.state !== 'stopped';
      setMessages(messages().slice(0, -1));
      void reply(greedy ? { temperature: variedTemperature } : {});
    },
    editLast(text) {
      const index = messages().findLastIndex(({ role }) => role === 'user');
      if (running || index === -1 || text.trim() === '') return;
      setMessages(messages().slice(0, index));
      send(text);
    },
    newChat: () => show(emptyConversation(now())),
    openChat,
    async removeChat(id) {
      if (store.getState().conversation.id === id) show(emptyConversation(now()));
      await (await storage).remove(id);
      await refreshHistory();
    },
    async removeAllChats() {
      show(emptyConversation(now()));
      await (await storage).removeAll();
      await refreshHistory();
    },
    allChats: async () => (await storage).all(),
  };
}

const gone: ReadonlySet<string> = new Set(['worker-failed', 'device-lost']);

const stateOf = { stop: 'complete', length: 'truncated', abort: 'stopped' } as const;

function forgottenIn(messages: readonly Message[]): number {
  const last = messages.findLast((message) => message.role === 'assistant');
  return last?.role === 'assistant' ? last.forgotten : 0;
}

function emptyConversation(time: number): Conversation {
  return { id: newId(), createdAt: time, updatedAt: time, messages: [] };
}

function newReply(): ReplyMessage {
  return {
    id: newId(),
    role: 'assistant',
    text: '',
    state: 'waiting',
    ids: [],
    model: undefined,
    usage: undefined,
    error: undefined,
    forgotten: 0,
  };
}

// Not crypto.randomUUID, which pages on plain http lack.
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('');
}
