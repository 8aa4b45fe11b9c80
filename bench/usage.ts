import { type ParseArgsConfig, parseArgs } from 'node:util';

/** What was asked for cannot be measured: one line that says what to give instead. */
export class UsageError extends Error {}

/** A whole number that an option gives. @throws {UsageError} */
export function wholeNumber(option: string, raw: string, least: number): number {
  const value = /^\d+$/.test(raw) ? Number(raw) : Number.NaN;
  if (!(value >= least && Number.isSafeInteger(value))) {
    throw new UsageError(`${option} takes whole numbers from ${least}, not '${raw}'`);
  }
  return value;
}

/** Several of them, with commas between. @throws {UsageError} */
export const wholeNumbers = (option: string, raw: string, least: number): number[] =>
  raw.split(',').map((one) => wholeNumber(option, one.trim(), least));

/** One of the values of an option. @throws {UsageError} */
export function oneOf<const T extends string>(option: string, raw: string, allowed: readonly T[]): T {
  const value = allowed.find((one) => one === raw);
  if (value === undefined) throw new UsageError(`${option} takes ${allowed.join(', ')}, not '${raw}'`);
  return value;
}

/** The values of the options among the words of a command line. @throws {UsageError} */
export function parseWords<const Options extends NonNullable<ParseArgsConfig['options']>>(
  words: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...words], options }).values;
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0]);
  }
}
