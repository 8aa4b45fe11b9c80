import { OptionError } from './errors.ts';
import { integerFrom, oneOf, positiveNumber } from './expectation.ts';
import type { Gemma2Config } from './gemma2/config.ts';

/** Gemma 2 was trained on contexts of this many tokens. */
const longestContext = 8192;

/** One token of a prompt, and one of its answer. */
const leastContext = 2;

/**
 * Tokens that the KV cache holds: as many as are wanted, or else all that a model was trained on.
 *
 * @throws {OptionError}
 */
export const contextOf = ({ contextLength }: Gemma2Config, wanted?: number): number =>
  wholeNumber(
    'context',
    wanted ?? Math.min(contextLength, longestContext),
    leastContext,
    Math.max(contextLength, longestContext),
  );

/** Bytes of graphics memory that a model may take; undefined: no limit. @throws {OptionError} */
export function memoryBudgetOf(wanted: number | undefined): number | undefined {
  if (wanted === undefined || (typeof wanted === 'number' && wanted > 0)) return wanted;
  throw new OptionError('memoryBudget', wanted, positiveNumber);
}

/** @throws {OptionError} */
export function wholeNumber(option: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new OptionError(option, value, integerFrom(least, most));
}

/** @throws {OptionError} */
export function choice<T extends string>(option: string, value: T | undefined, allowed: readonly T[]): T | undefined {
  if (value === undefined || allowed.includes(value)) return value;
  throw new OptionError(option, value, oneOf(allowed));
}
