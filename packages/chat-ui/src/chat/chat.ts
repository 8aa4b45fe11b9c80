import { isTamaError, serialiseError } from '@tama/errors';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { EngineHost, ModelSource } from '../engine-host.ts';
import { memoryBudget } from '../models/models.ts';
import type { Settings } from '../settings/settings.ts';
import type { ConversationStorage } from '../storage/conversation-storage.ts';
import { abortable } from './abortable.ts';
import {
  type Conversation,
  emptyConversation,
  isRunning,
  type Message,
  newId,
  newReply,
  type ReplyMessage,
  wentApart,
} from './conversation.ts';
import { generateReply, type Prefill } from './generate-reply.ts';
import { createKeptChats, type KeptChatsState } from './kept-chats.ts';
import type { KeyValueStorage } from './last-model.ts';
import type { ModelState } from './model-loader.ts';
import { createOpenedModel, type NotReopened } from './opened-model.ts';
import { createTabMemory, type SessionStorage } from './tab-memory.ts';

export type ChatState = KeptChatsState & {
  readonly model: ModelState;
  readonly notReopened: NotReopened | undefined;
  /** The one on screen. */
  readonly conversation: Conversation;
  readonly prefill: Prefill | undefined;
};

export type ChatOptions = {
  readonly connect: () => EngineHost;
  readonly demoUrl: string;
  readonly settings: () => Settings;
  readonly openStorage: () => Promise<ConversationStorage>;
  /** Remembers which chat is open and what is being written while the tab lives, for a reload. */
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
  /** What was being written when the tab was reloaded. */
  readonly draftBefore: string;
  /** Keeps what is being written while the tab lives. */
  rememberDraft(text: string): void;
  /** Ends the running reply at once; what it has so far stays. */
  stop(): void;
  /** Replaces the last reply by another: the same again, by greedy sampling or the same seed, would look like a fault. */
  regenerate(): void;
  /** Replaces the reader's last message, and the reply to it. */
  editLast(text: string): void;
  newChat(): void;
  openChat(id: string): Promise<void>;
  removeChat(id: string): Promise<void>;
  removeAllChats(): Promise<void>;
  allChats(): Promise<Conversation[]>;
  /** Adds chats from a file to those that are kept. */
  addChats(conversations: readonly Conversation[]): Promise<void>;
};

/** Temperature of another answer where the settings say greedy. */
const variedTemperature = 0.8;

/** Milliseconds after which a growing reply is stored again: what a reload or a crash may lose of it. */
const saveEvery = 1000;

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
    unsaved: false,
  }));
  const opened = createOpenedModel({
    connect: options.connect,
    demo,
    storage: options.storage,
    loading() {
      const budget = memoryBudget(settings());
      return budget === undefined ? {} : { memoryBudget: budget };
    },
    onModel: (model) => store.setState({ model }),
    onNotReopened: (notReopened) => store.setState({ notReopened }),
  });
  let running: AbortController | undefined;
  const kept = createKeptChats({
    openStorage: options.openStorage,
    onChange: (change) => store.setState(change),
    // Else what is written here next would replace what was written there.
    onElsewhere(conversation) {
      const { conversation: here } = store.getState();
      if (conversation.id !== here.id) return;
      // What is stored has words of another tab in place of ours: ours become a chat of their own.
      if (running && wentApart(here, conversation)) store.setState({ conversation: { ...here, id: newId() } });
      if (!running && conversation.updatedAt > here.updatedAt) store.setState({ conversation });
    },
  });

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

  const save = () => kept.save(store.getState().conversation);

  /** Replies to the conversation as it stands, which ends with a message of the reader. */
  async function reply(changes: Partial<Settings> = {}): Promise<void> {
    const abort = new AbortController();
    running = abort;
    const pending = newReply();
    const before = messages();
    setMessages([...before, pending]);
    void save();
    let savedAt = now();
    const saveNowAndThen = () => {
      if (now() - savedAt < saveEvery) return;
      savedAt = now();
      void save();
    };
    try {
      const engine = await abortable(opened.engine(), abort.signal);
      const { model } = store.getState();
      await generateReply({
        engine,
        messages: before,
        settings: { ...settings(), ...changes },
        signal: abort.signal,
        onFitted: (forgotten) =>
          patch(pending.id, {
            forgotten,
            model: { name: engine.info.name, demo: model.phase === 'ready' && model.demo },
          }),
        onPrefill: (prefill) => store.setState({ prefill }),
        onChange(change) {
          patch(pending.id, change);
          if (!abort.signal.aborted) saveNowAndThen();
        },
      });
    } catch (error) {
      if (abort.signal.aborted) return;
      patch(pending.id, { state: 'failed', error: serialiseError(error) });
      // The worker or its device is gone and every later reply would fail too: the next one gets a new worker.
      if (isTamaError(error) && gone.has(error.code)) opened.reload();
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
    // What is on screen goes on, also a reply that runs.
    if (id === store.getState().conversation.id) return;
    const conversation = await kept.load(id);
    if (conversation) show(conversation);
  }

  /** Shows the chat that this tab had open before a reload, unless the reader has begun another. */
  async function reopen(id: string): Promise<void> {
    const conversation = await kept.load(id);
    if (conversation && messages().length === 0) show(conversation);
  }

  return {
    getState: store.getState,
    getInitialState: store.getInitialState,
    subscribe: store.subscribe,
    start() {
      kept.open();
      if (messages().length === 0) {
        store.setState({ conversation: emptyConversation(now()) });
        if (tab.openBefore) void reopen(tab.openBefore);
      }
      opened.open();
    },
    dispose() {
      stop();
      opened.dispose();
    },
    loadModel(source) {
      stop();
      store.setState({ notReopened: undefined });
      opened.load(source);
    },
    forgetNotReopened: () => store.setState({ notReopened: undefined }),
    send,
    draftBefore: tab.draftBefore,
    rememberDraft: tab.rememberDraft,
    stop,
    regenerate() {
      const last = messages().at(-1);
      if (running || last?.role !== 'assistant') return;
      const wasWhole = last.state !== 'failed' && last.state !== 'stopped';
      setMessages(messages().slice(0, -1));
      void reply(wasWhole ? { temperature: settings().temperature || variedTemperature, seed: undefined } : {});
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
      await kept.remove(id);
    },
    async removeAllChats() {
      show(emptyConversation(now()));
      await kept.removeAll();
    },
    async allChats() {
      const all = await kept.all();
      const { conversation, unsaved } = store.getState();
      if (!unsaved || conversation.messages.length === 0) return all;
      return [conversation, ...all.filter(({ id }) => id !== conversation.id)];
    },
    addChats: (conversations) => kept.add(conversations),
  };
}

const gone: ReadonlySet<string> = new Set(['worker-failed', 'device-lost']);
