import type { Engine } from '@tama/core';
import { type ChatMessage, type Message, toChatMessages } from './conversation.ts';

export type FittedPrompt = {
  readonly prompt: { readonly messages: ChatMessage[] };
  /** How many messages from the start of the conversation the prompt leaves out. */
  readonly forgotten: number;
};

/**
 * The prompt for the last message of a conversation that may have outgrown the model's context.
 *
 * When it no longer fits, turns are left out from the start until it fills half the context, not just until it fits:
 * the turns that stay are then a stable prefix for many replies, which the KV cache keeps. `alreadyForgotten` is what
 * the reply before left out. A single message that is too long is handed on; the engine explains that better.
 */
export async function fitToContext(
  engine: Pick<Engine, 'info' | 'tokenize'>,
  messages: readonly Message[],
  systemPrompt: string,
  alreadyForgotten = 0,
): Promise<FittedPrompt> {
  const { contextLength } = engine.info;
  const roomForReply = Math.min(256, Math.floor(contextLength / 4));
  let limit = contextLength - roomForReply;
  let forgotten = Math.min(alreadyForgotten, messages.length - 1);
  for (;;) {
    const prompt = { messages: toChatMessages(messages.slice(forgotten), systemPrompt) };
    const next = messages.findIndex((message, index) => index > forgotten && message.role === 'user');
    if (next === -1) return { prompt, forgotten };
    const { length } = await engine.tokenize(prompt);
    if (length <= limit) return { prompt, forgotten };
    forgotten = next;
    limit = Math.floor(contextLength / 2);
  }
}
