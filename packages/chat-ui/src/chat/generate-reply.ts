import { type Engine, fitToContext } from '@tama/core';
import type { Settings } from '../settings/settings.ts';
import { lastFitted, type Message, type ReplyMessage, toChatMessages } from './conversation.ts';

/** Tokens of the prompt that are read so far, while a reply waits for its first token. */
export type Prefill = { readonly processed: number; readonly total: number };

export type ReplyRequest = {
  readonly engine: Engine;
  /** Ends with a message of the reader. */
  readonly messages: readonly Message[];
  readonly settings: Settings;
  readonly signal: AbortSignal;
  /** Told how many of the messages are left out of the prompt, before the first token. */
  readonly onFitted: (forgotten: number) => void;
  readonly onPrefill: (prefill: Prefill | undefined) => void;
  readonly onChange: (change: Partial<ReplyMessage>) => void;
};

/** Has the engine reply to a conversation, and tells the reply as it grows. After a stop its last numbers still come. */
export async function generateReply(request: ReplyRequest): Promise<void> {
  const { engine, messages, signal, onFitted, onPrefill, onChange } = request;
  const { temperature, topK, topP, seed, systemPrompt } = request.settings;
  const { prompt, forgotten } = await fitToContext(
    engine,
    messages,
    (kept) => ({ messages: toChatMessages(kept, systemPrompt) }),
    forgottenBefore(messages, engine.info.name),
  );
  signal.throwIfAborted();
  onFitted(forgotten);

  let text = '';
  let prefilling = false;
  const ids: number[] = [];
  const generation = engine.generate(prompt, {
    temperature,
    topK,
    topP,
    ...(seed === undefined ? {} : { seed }),
    signal,
  });
  for await (const event of generation) {
    // After a stop only the last event counts: it has the numbers.
    if (signal.aborted && event.type !== 'finish') continue;
    if (event.type === 'prefill') {
      prefilling = true;
      onPrefill(event);
    }
    if (event.type === 'token') {
      text += event.text;
      ids.push(event.id);
      if (prefilling) onPrefill(undefined);
      prefilling = false;
      onChange({ state: 'streaming', text, ids: [...ids] });
    }
    if (event.type === 'finish') {
      const state = signal.aborted ? 'stopped' : stateOf[event.reason];
      onChange({ state, text: event.text, ids: event.ids, usage: event.usage });
    }
  }
}

const stateOf = { stop: 'complete', length: 'truncated', abort: 'stopped' } as const;

/** What this model has left out already. Another one's context may hold more. */
function forgottenBefore(messages: readonly Message[], model: string): number {
  const last = lastFitted(messages);
  return last?.model?.name === model ? last.forgotten : 0;
}
