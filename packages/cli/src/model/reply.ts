import type { FinishReason, GenerateEvent, TokenLogprobs, Usage } from '@tama/core';
import type { Context } from '../command.ts';
import { note, print } from '../io.ts';
import type { Texts } from '../locale.ts';
import { progressOn } from '../terminal/progress.ts';

type Token = { readonly text: string; readonly logprobs: TokenLogprobs };

export type Reply = {
  readonly ids: readonly number[];
  readonly text: string;
  readonly reason: FinishReason;
  readonly usage: Usage;
  /** Where log-probabilities were asked for. */
  readonly tokens: readonly Token[];
};

/** A reply as `--json` prints it, on a line of its own. */
export function replyJson({ ids, text, reason, usage, tokens }: Reply): string {
  const { speculation } = usage;
  const logprobs = tokens.map(({ text, logprobs: { chosen, top } }) => ({ ...chosen, text, top }));
  return `${JSON.stringify({
    ids,
    text,
    finishReason: reason,
    ...(tokens.length > 0 ? { logprobs } : {}),
    ...(speculation ? { speculation } : {}),
  })}\n`;
}

/** What of a reply goes to stdout while it is generated: its text, a line for every token, or nothing. */
type Show = { readonly show: 'text' | 'tokens' | 'nothing'; readonly verbose: boolean };

/** What the options of a command ask to be shown. */
export const shown = (options: {
  readonly json: boolean | undefined;
  readonly logprobs: number | undefined;
  readonly verbose: boolean | undefined;
}): Show => ({
  show: options.json ? 'nothing' : options.logprobs === undefined ? 'text' : 'tokens',
  verbose: options.verbose ?? false,
});

/** Follows a generation to its end. Text and lines stream to stdout, and a newline ends the text. */
export async function streamReply(
  { io, locale }: Context,
  events: AsyncIterable<GenerateEvent>,
  { show, verbose }: Show,
): Promise<Reply> {
  const progress = progressOn(io, locale, verbose);
  const tokens: Token[] = [];
  let written = '';
  let ended = false;
  const write = async (text: string) => {
    if (show !== 'text' || text === '') return;
    progress.end();
    await print(io, text);
    written += text;
  };
  try {
    for await (const event of events) {
      if (event.type === 'prefill') progress.report(reading, event.processed, event.total);
      if (event.type === 'token') {
        const { text, logprobs } = event;
        await write(text);
        if (!logprobs) continue;
        tokens.push({ text, logprobs });
        progress.end();
        if (show === 'tokens') await print(io, tokenLine({ text, logprobs }));
      }
      if (event.type !== 'finish') continue;
      const { ids, text, reason, usage } = event;
      await write(text.slice(written.length)); // an incomplete last character is held back until here
      if (show === 'text') await print(io, '\n');
      ended = true;
      if (verbose) note(io, speed(usage, reason)[locale]);
      return { ids, text, reason, usage, tokens };
    }
  } finally {
    progress.end();
    if (written !== '' && !ended) io.stdout.write('\n');
  }
  throw new Error('The engine ended a generation without a finish event.');
}

const reading: Texts = { en: 'Reading the prompt', ja: '入力を読んでいます' };

/** As `tama logits` shows a position: an id and its value, and then the same of the most likely ones. */
function tokenLine({ text, logprobs: { chosen, top } }: Token): string {
  const [own, ...others] = [chosen, ...top].map(({ id, logprob }) => `${id} ${logprob.toFixed(3)}`);
  return `${own} ${JSON.stringify(text)}${others.length > 0 ? `: ${others.join('  ')}` : ''}\n`;
}

function speed(usage: Usage, reason: FinishReason): Texts {
  const { promptTokens, cachedTokens, completionTokens, prefillMs, decodeMs, speculation } = usage;
  const rate = (tokens: number, ms: number): Texts => {
    if (tokens <= 0 || ms <= 0) return { en: '', ja: '' };
    const value = ((1000 * tokens) / ms).toFixed(1);
    return { en: ` (${value}/s)`, ja: `（毎秒${value}）` };
  };
  const computed = promptTokens - cachedTokens;
  const prefill = rate(computed, prefillMs);
  // The first token comes with the prompt; after the last came the one that ended the reply, where one did.
  const decode = rate(reason === 'stop' ? completionTokens : completionTokens - 1, decodeMs);
  const guesses: Texts = speculation
    ? {
        en: `; ${speculation.drafted} guessed, ${speculation.accepted} of them right`,
        ja: `、予測${speculation.drafted}のうち的中${speculation.accepted}`,
      }
    : { en: '', ja: '' };
  return {
    en: `${promptTokens} prompt tokens, ${cachedTokens} from the cache, ${computed} computed${prefill.en}; ${completionTokens} generated${decode.en}${guesses.en}`,
    ja: `入力${promptTokens}トークン、うちキャッシュ${cachedTokens}、計算${computed}${prefill.ja}、生成${completionTokens}${decode.ja}${guesses.ja}`,
  };
}
