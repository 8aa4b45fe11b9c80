import type { Engine, GenerateOptions } from '@tama/core';
import type { Context } from '../command.ts';
import { choice, number, type OptionValues, text } from '../command-line/option.ts';
import { defined } from '../defined.ts';
import type { ExitCode } from '../exit-codes.ts';
import { ConflictError } from '../usage-errors.ts';
import type { engineOptions } from './engine-options.ts';
import { withEngine } from './with-engine.ts';

/** Options of every command that generates text, which do not change the text: what is told of it, and its speed. */
export const decodingOptions = {
  logprobs: number(
    'N',
    { min: 0, max: 20, integer: true },
    {
      en: "tell every token's log-probability, and those of the N most likely in its place",
      ja: '各トークンの対数確率と、その位置で最も確率の高いN個のトークンの対数確率を出力します',
    },
  ),
  speculation: choice('prompt-lookup', ['prompt-lookup'], {
    en: 'guess tokens from earlier text that looks the same, and verify several at once',
    ja: '似た前の文章から続きのトークンを予測し、まとめて検証します（投機的デコード）',
  }),
  draft: text('MODEL', {
    en: 'guess tokens with a smaller model of the same vocabulary, and verify several at once',
    ja: '同じ語彙の小さなモデルで続きを予測し、まとめて検証します（投機的デコード）',
  }),
} as const;

type DecodingOptions = OptionValues<typeof decodingOptions>;

export function checkDecodingOptions(command: string, { speculation, draft }: DecodingOptions): void {
  if (speculation && draft !== undefined) throw new ConflictError(command, '`--speculation`', '`--draft`');
}

/** Loads the model and, where tokens are to be guessed by another, that one too; lends the first with the options. */
export function withDecoding(
  context: Context,
  model: string,
  options: DecodingOptions & OptionValues<typeof engineOptions>,
  use: (engine: Engine, decoding: Pick<GenerateOptions, 'logprobs' | 'speculation'>) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { logprobs, speculation, draft } = options;
  const decode = (engine: Engine) => {
    if (draft === undefined) return use(engine, defined({ logprobs, speculation }));
    // `--weights` is for the model: the draft may be quantised already, and then loading it so would fail.
    return withEngine(context, draft, { ...options, weights: undefined }, (draftEngine) =>
      use(engine, { ...defined({ logprobs }), speculation: { draft: draftEngine } }),
    );
  };
  return withEngine(context, model, options, decode, { speculation: speculation !== undefined || draft !== undefined });
}
