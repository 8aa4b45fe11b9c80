import type { Prompt, Usage } from '@tama/core';
import type { SerialisedError } from '@tama/errors';

export type ChatMessage = Extract<Prompt, { readonly messages: unknown }>['messages'][number];

export type UserMessage = {
  readonly id: string;
  readonly role: 'user';
  readonly text: string;
};

/**
 * `waiting`: for the model to load or to read the prompt. `truncated`: the context was full. The last four are final.
 */
export type ReplyState = 'waiting' | 'streaming' | 'complete' | 'stopped' | 'truncated' | 'failed';

export type ReplyMessage = {
  readonly id: string;
  readonly role: 'assistant';
  readonly text: string;
  readonly state: ReplyState;
  /** Token ids of `text`, without the stop token. */
  readonly ids: readonly number[];
  /** Who answered. `demo` stays with the message, so that an old reply of the demo model never passes for another's. */
  readonly model: { readonly name: string; readonly demo: boolean } | undefined;
  readonly usage: Usage | undefined;
  readonly error: SerialisedError | undefined;
  /** Earlier messages that were left out of the prompt because the context was full. */
  readonly forgotten: number;
};

export type Message = UserMessage | ReplyMessage;

export type Conversation = {
  readonly id: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly messages: readonly Message[];
};

export type ConversationSummary = Pick<Conversation, 'id' | 'updatedAt'> & { readonly title: string };

export const isRunning = (message: Message | undefined): boolean =>
  message?.role === 'assistant' && (message.state === 'waiting' || message.state === 'streaming');

/** Whether two versions of a chat go on differently, so that neither is the beginning of the other. */
export function wentApart({ messages: one }: Conversation, { messages: other }: Conversation): boolean {
  return one.some(({ id }, index) => id !== (other[index]?.id ?? id));
}

/** The last reply for which it was decided what the model is told. */
export function lastFitted(messages: readonly Message[]): ReplyMessage | undefined {
  const last = messages.findLast((message) => message.role === 'assistant' && message.model !== undefined);
  return last?.role === 'assistant' ? last : undefined;
}

/** The first thing the reader wrote, on one line, cut between characters as people see them. */
export function titleOf(conversation: Conversation, maxLength = 48): string {
  const first = conversation.messages.find((message) => message.role === 'user');
  const line = (first?.text ?? '').replace(/\s+/g, ' ').trim();
  const characters = Array.from(new Intl.Segmenter().segment(line), ({ segment }) => segment);
  return characters.length <= maxLength ? line : `${characters.slice(0, maxLength - 1).join('')}…`;
}

export function summaryOf(conversation: Conversation): ConversationSummary {
  return { id: conversation.id, updatedAt: conversation.updatedAt, title: titleOf(conversation) };
}

/**
 * What the model is told: turns that alternate. A reply that failed or is empty is left out together with its
 * question, for Gemma's template has no turn without a partner.
 */
export function toChatMessages(messages: readonly Message[], systemPrompt: string): ChatMessage[] {
  const turns: ChatMessage[] = [];
  messages.forEach((message, index) => {
    if (message.role !== 'user') return;
    const reply = messages[index + 1];
    const last = index === messages.length - 1;
    if (last) turns.push({ role: 'user', content: message.text });
    else if (reply?.role === 'assistant' && reply.state !== 'failed' && reply.text !== '') {
      turns.push({ role: 'user', content: message.text }, { role: 'assistant', content: reply.text });
    }
  });
  return systemPrompt.trim() === '' ? turns : [{ role: 'system', content: systemPrompt }, ...turns];
}

export function emptyConversation(time: number): Conversation {
  return { id: newId(), createdAt: time, updatedAt: time, messages: [] };
}

/** A reply of which nothing is there yet. */
export function newReply(): ReplyMessage {
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
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('');
}
