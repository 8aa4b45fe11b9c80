import type { ChatMessage } from '@tama/tokenizer';
import type { Engine } from '../engine.ts';

/** A conversation as an engine takes it. */
export type ChatPrompt = { readonly messages: readonly ChatMessage[] };

export type FittedPrompt<P extends ChatPrompt> = {
  readonly prompt: P;
  /** How many messages from the start of the conversation the prompt leaves out. */
  readonly forgotten: number;
};

/**
 * The prompt for the last message of a conversation that may have outgrown the model's context.
 *
 * When it no longer fits, turns are left out from the start until it fills half the context, not just until it fits:
 * the turns that stay are then a stable prefix for many replies, which the KV cache keeps. A single message that is too
 * long is handed on; the engine explains that better.
 *
 * @param promptOf the prompt that some of the last messages make
 * @param alreadyForgotten what the reply before left out
 */
export async function fitToContext<M extends { readonly role: string }, P extends ChatPrompt>(
  engine: Pick<Engine, 'info' | 'tokenize'>,
  messages: readonly M[],
  promptOf: (kept: readonly M[]) => P,
  alreadyForgotten = 0,
): Promise<FittedPrompt<P>> {
  const { contextLength } = engine.info;
  const roomForReply = Math.min(256, Math.floor(contextLength / 4));
  let limit = contextLength - roomForReply;
  let forgotten = Math.min(alreadyForgotten, messages.length - 1);
  for (;;) {
    const prompt = promptOf(messages.slice(forgotten));
    const next = messages.findIndex((message, index) => index > forgotten && message.role === 'user');
    if (next === -1) return { prompt, forgotten };
    const { length } = await engine.tokenize(prompt);
    if (length <= limit) return { prompt, forgotten };
    forgotten = next;
    limit = Math.floor(contextLength / 2);
  }
}
