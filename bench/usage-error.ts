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

/** One of the values of an option. @throws {UsageError} */
export function oneOf<const T extends string>(option: string, raw: string, allowed: readonly T[]): T {
  const value = allowed.find((one) => one === raw);
  if (value === undefined) throw new UsageError(`${option} takes ${allowed.join(', ')}, not '${raw}'`);
  return value;
}
