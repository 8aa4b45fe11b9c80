import type { FinishReason, GenerateEvent, Usage } from '@tama/core';
import type { Context } from '../command.ts';
import { note, print } from '../io.ts';
import type { Texts } from '../locale.ts';
import { progressOn } from '../terminal/progress.ts';

export type Reply = { readonly ids: readonly number[]; readonly text: string; readonly reason: FinishReason };

/** A reply as `--json` prints it, on a line of its own. */
export const replyJson = ({ ids, text, reason }: Reply): string =>
  `${JSON.stringify({ ids, text, finishReason: reason })}\n`;

type Show = { readonly showText: boolean; readonly verbose: boolean };

/** Follows a generation to its end. With `showText` the text streams to stdout, and a newline ends it. */
export async function streamReply(
  { io, locale }: Context,
  events: AsyncIterable<GenerateEvent>,
  { showText, verbose }: Show,
): Promise<Reply> {
  const progress = progressOn(io, locale, verbose);
  let shown = '';
  const show = async (text: string) => {
    if (!showText || text === '') return;
    progress.end();
    await print(io, text);
    shown += text;
  };
  try {
    for await (const event of events) {
      if (event.type === 'prefill') progress.report(reading, event.processed, event.total);
      if (event.type === 'token') await show(event.text);
      if (event.type !== 'finish') continue;
      const { ids, text, reason, usage } = event;
      await show(text.slice(shown.length)); // an incomplete last character is held back until here
      if (shown === '' && showText) await print(io, '\n');
      if (verbose) note(io, speed(usage));
      return { ids, text, reason };
    }
  } finally {
    progress.end();
    if (shown !== '') io.stdout.write('\n');
  }
  throw new Error('The engine ended a generation without a finish event.');
}

const reading: Texts = { en: 'Reading the prompt', ja: '入力を読んでいます' };

function speed({ promptTokens, cachedTokens, completionTokens, prefillMs, decodeMs }: Usage): string {
  const rate = (tokens: number, ms: number) => (ms > 0 ? ` (${((1000 * tokens) / ms).toFixed(1)}/s)` : '');
  const computed = promptTokens - cachedTokens;
  return `${promptTokens} prompt tokens, ${cachedTokens} from the cache, ${computed} computed${rate(computed, prefillMs)}; ${completionTokens} generated${rate(completionTokens, decodeMs)}`;
}
