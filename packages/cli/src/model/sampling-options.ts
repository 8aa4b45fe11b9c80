import type { SamplingOptions } from '@tama/core';
import { flag, logitBias, number, type OptionValues, optionName } from '../command-line/option.ts';
import { defined } from '../defined.ts';
import { ConflictError } from '../usage-errors.ts';

/** Options of every command that generates text. */
export const samplingOptions = {
  greedy: flag({
    en: 'always take the most likely token (default unless one of the next five samples)',
    ja: '常に最も確率の高いトークンを選びます（続く5つのオプションがなければ既定）',
  }),
  temperature: number(
    'T',
    { min: 0, max: 100 },
    {
      en: 'sample; below 1 more predictable, above 1 more varied, 0 is greedy (default 1)',
      ja: '確率的に選びます。1より小さいと堅実、大きいと多様、0は --greedy と同じです（既定は1）',
    },
  ),
  topK: number(
    'K',
    { min: 0, max: 1_000_000, integer: true },
    {
      en: 'sample among the K most likely tokens, 0 among all (default 0)',
      ja: '確率の高いK個のトークンから選びます。0は全トークンから（既定は0）',
    },
  ),
  topP: number(
    'P',
    { min: 0, max: 1 },
    {
      en: 'sample among the likeliest tokens whose probabilities reach P (default 1)',
      ja: '確率の合計がPに達するまでの上位のトークンから選びます（既定は1）',
    },
  ),
  minP: number(
    'P',
    { min: 0, max: 1 },
    {
      en: "sample among the tokens with at least this share of the likeliest one's probability (default 0)",
      ja: '確率が最も高いトークンの、この割合以上の確率を持つトークンから選びます（既定は0）',
    },
  ),
  seed: number(
    'N',
    { min: 0, max: 2 ** 32 - 1, integer: true },
    {
      en: 'sample the same tokens again: same seed, prompt and adapter, same reply',
      ja: '乱数の種。種と入力とアダプターが同じなら、同じ返答になります',
    },
  ),
  repetitionPenalty: number(
    'X',
    { min: 0.001, max: 1000 },
    {
      en: 'make tokens of the prompt and the answer less likely, above 1: logits are divided by X (default 1)',
      ja: '1より大きいと、入力と返答にあるトークンを選びにくくします。ロジットをXで割ります（既定は1）',
    },
  ),
  presencePenalty: number(
    'X',
    { min: -1000, max: 1000 },
    {
      en: 'subtract X from the logits of tokens of the answer (default 0)',
      ja: '返答にあるトークンのロジットからXを引きます（既定は0）',
    },
  ),
  frequencyPenalty: number(
    'X',
    { min: -1000, max: 1000 },
    {
      en: 'subtract X as many times as the answer has the token (default 0)',
      ja: '返答にあるトークンのロジットから、現れた回数だけXを引きます（既定は0）',
    },
  ),
  logitBias: logitBias({
    en: 'add to the logits of tokens, e.g. 235265=-2,107=-inf; -inf forbids a token',
    ja: 'トークンのロジットに足す値（例: 235265=-2,107=-inf）。-inf はそのトークンを禁止します',
  }),
} as const;

/**
 * Greedy unless something asks for sampling; then the temperature is 1 where it is not given. Penalties and biases change
 * which token is the most likely one, and need no sampling.
 */
export function toSamplingOptions(command: string, values: OptionValues<typeof samplingOptions>): SamplingOptions {
  const { greedy, temperature, topK, topP, minP, seed, ...others } = values;
  const { repetitionPenalty, presencePenalty, frequencyPenalty, logitBias } = others;
  const adjustments = defined({ repetitionPenalty, presencePenalty, frequencyPenalty, logitBias });
  const sampling = defined({ temperature, topK, topP, minP, seed });
  const [first] = Object.keys(sampling);
  if (first === undefined) return { temperature: 0, ...adjustments };
  if (greedy) throw new ConflictError(command, '`--greedy`', `\`${optionName(first)}\``);
  return { temperature: 1, ...sampling, ...adjustments };
}
