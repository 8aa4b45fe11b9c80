import { configOf, type Gemma2Config, publishedSizes, smallestVocabulary } from '@tama/core';
import { type OptionValues, optionName } from '../command-line/option.ts';
import { MissingArgumentError, OptionValueError } from '../usage-errors.ts';
import { shapeOptions } from './shape-options.ts';

const needed = ['layers', 'hiddenSize', 'heads', 'kvHeads', 'headDim', 'intermediateSize'] as const;

type Numbers = Partial<Record<keyof typeof shapeOptions, number>>;

/** The configuration that a shape and the numbers given besides it make. @throws {UsageError} */
export function syntheticConfig(
  shape: keyof typeof publishedSizes | 'custom',
  options: OptionValues<typeof shapeOptions> & { readonly withoutTokenizer?: boolean | undefined },
): Gemma2Config {
  const given = Object.fromEntries(
    Object.keys(shapeOptions)
      .map((key) => [key, options[key as keyof typeof shapeOptions]])
      .filter(([, value]) => value !== undefined),
  ) as Numbers;
  const sizes = shape === 'custom' ? given : { ...publishedSizes[shape], ...given };
  for (const key of needed) {
    if (sizes[key] === undefined) throw new MissingArgumentError('synth', { en: optionName(key), ja: optionName(key) });
  }
  const { queryScale: _, ...numbers } = { queryScale: 0, ...(sizes as Required<Numbers>) };
  const config = configOf(numbers, numbers);
  const multiple = (key: keyof Numbers, of: number) => {
    if (config[key] % of === 0) return;
    const allowed = { en: `a multiple of ${of}`, ja: `${of}の倍数` };
    throw new OptionValueError('synth', optionName(key), String(config[key]), allowed);
  };
  multiple('hiddenSize', 32);
  multiple('intermediateSize', 32);
  multiple('headDim', 4);
  multiple('heads', config.kvHeads);
  if (!options.withoutTokenizer && config.vocabularySize < smallestVocabulary) {
    throw new OptionValueError('synth', '--vocabulary-size', String(config.vocabularySize), {
      en: `${smallestVocabulary} or more, or any with --without-tokenizer`,
      ja: `${smallestVocabulary}以上（--without-tokenizer を付けた場合は任意）`,
    });
  }
  return config;
}
