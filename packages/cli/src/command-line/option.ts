import type { Texts } from '../locale.ts';

/** A raw value that an option does not take; the parser of the command line adds which option of which command. */
export type Rejected = { readonly rejected: true };
export const rejected: Rejected = { rejected: true };

/** An option that takes a value: how help names the value, what is allowed, and how it is read. */
export type ValueOption<Value> = {
  readonly kind: 'value';
  readonly valueName: string;
  readonly summary: Texts;
  /** Completes "Allowed: …". */
  readonly allowed: Texts;
  parse(raw: string): Value | Rejected;
};

export type FlagOption = { readonly kind: 'flag'; readonly summary: Texts };

/** The options of a command, keyed in camelCase: `maxTokens` is `--max-tokens`. */
export type OptionTable = Readonly<Record<string, FlagOption | ValueOption<unknown>>>;

/** What a command receives: `true` for a flag that was given, the value for other options, nothing for the rest. */
export type OptionValues<Table extends OptionTable> = {
  readonly [Key in keyof Table]: (Table[Key] extends ValueOption<infer Value> ? Value : boolean) | undefined;
};

export const optionName = (key: string): string => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

export const flag = (summary: Texts): FlagOption => ({ kind: 'flag', summary });

export const text = (valueName: string, summary: Texts): ValueOption<string> => ({
  kind: 'value',
  valueName,
  summary,
  allowed: { en: 'any text that is not empty', ja: '空でない文字列' },
  parse: (raw) => raw || rejected,
});

export const choice = <const Name extends string>(
  valueName: string,
  names: readonly Name[],
  summary: Texts,
): ValueOption<Name> => ({
  kind: 'value',
  valueName,
  summary,
  allowed: { en: names.join(', '), ja: names.join('、') },
  parse: (raw) => names.find((name) => name === raw) ?? rejected,
});

type Range = { readonly min: number; readonly max: number; readonly integer?: boolean };

/** NaN for everything else that `Number` takes: hexadecimal, spaces, Infinity. */
const decimal = (raw: string): number => (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(raw) ? Number(raw) : Number.NaN);

/** A decimal number in `[min, max]`. */
export const number = (
  valueName: string,
  { min, max, integer = false }: Range,
  summary: Texts,
): ValueOption<number> => ({
  kind: 'value',
  valueName,
  summary,
  allowed: {
    en: `${integer ? 'a whole number' : 'a number'} from ${min} to ${max}`,
    ja: `${min}から${max}までの${integer ? '整数' : '数'}`,
  },
  parse(raw) {
    const value = decimal(raw);
    return value >= min && value <= max && (!integer || Number.isInteger(value)) ? value : rejected;
  },
});

const listSeparator = /[\s,]+/;
const largestId = 2 ** 31 - 1;

/** Whole numbers separated by commas or spaces: what `tama tokenize` prints can be given back. */
function parseIds(raw: string): readonly number[] | Rejected {
  const words = raw.trim().split(listSeparator);
  const ids = words.map((word) => (/^\d+$/.test(word) ? Number(word) : Number.NaN));
  return ids.every((id) => id <= largestId) ? ids : rejected;
}

const ids: Texts = {
  en: `whole numbers from 0 to ${largestId}, separated by commas or spaces`,
  ja: `0から${largestId}までの整数をコンマまたは空白で区切ったもの`,
};

export const tokenIds = (summary: Texts): ValueOption<readonly number[]> => ({
  kind: 'value',
  valueName: 'IDS',
  summary,
  allowed: ids,
  parse: parseIds,
});

export type Positions = 'all' | 'last' | readonly number[];

export const positions = (summary: Texts): ValueOption<Positions> => ({
  kind: 'value',
  valueName: 'LIST',
  summary,
  allowed: { en: `all, last, or ${ids.en}`, ja: `all、last、または${ids.ja}` },
  parse: (raw) => (raw === 'all' || raw === 'last' ? raw : parseIds(raw)),
});

const largestBias = 1000;

/** What is added to the logits of tokens, by their ids; the last of two for one token counts. */
export const logitBias = (summary: Texts): ValueOption<ReadonlyMap<number, number>> => ({
  kind: 'value',
  valueName: 'ID=X',
  summary,
  allowed: {
    en: `pairs ID=X, separated by commas or spaces; IDs from 0 to ${largestId}, X from -${largestBias} to ${largestBias} or -inf`,
    ja: `ID=Xをコンマまたは空白で区切ったもの（IDは0から${largestId}までの整数、Xは-${largestBias}から${largestBias}までの数か -inf）`,
  },
  parse(raw) {
    const pairs = raw
      .trim()
      .split(listSeparator)
      .map((pair): readonly [number, number] => {
        const [, id, bias = ''] = /^(\d+)=(.+)$/.exec(pair) ?? [];
        return [Number(id), bias === '-inf' ? Number.NEGATIVE_INFINITY : decimal(bias)];
      });
    const allowed = ([id, bias]: readonly [number, number]) =>
      id <= largestId && (bias === Number.NEGATIVE_INFINITY || Math.abs(bias) <= largestBias);
    return pairs.every(allowed) ? new Map(pairs) : rejected;
  },
});
