import type { SamplingOptions } from '@tama/core';
import { flag, number, type OptionValues, optionName } from '../command-line/option.ts';
import { defined } from '../defined.ts';
import { ConflictError } from '../usage-errors.ts';

/** Options of every command that generates text. */
export const samplingOptions = {
  greedy: flag({
    en: 'always take the most likely token (default without the four options below)',
    ja: '常に最も確率の高いトークンを選びます（下のオプションがなければ既定）',
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
  seed: number(
    'N',
    { min: 0, max: 2 ** 32 - 1, integer: true },
    {
      en: 'sample the same tokens again: same seed, prompt and adapter, same reply',
      ja: '乱数の種。種と入力とアダプターが同じなら、同じ返答になります',
    },
  ),
} as const;

/** Greedy unless something asks for sampling; then the temperature is 1 where it is not given. */
export function toSamplingOptions(command: string, values: OptionValues<typeof samplingOptions>): SamplingOptions {
  const { greedy, temperature, topK, topP, seed } = values;
  const sampling = defined({ temperature, topK, topP, seed });
  const [first] = Object.keys(sampling);
  if (first === undefined) return { temperature: 0 };
  if (greedy) throw new ConflictError(command, '`--greedy`', `\`${optionName(first)}\``);
  return { temperature: 1, ...sampling };
}
