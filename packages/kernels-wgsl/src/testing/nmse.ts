/** Normalised mean squared error: sum of (a - b)^2 over the sum of b^2. NaN if anything is not finite. */
export function nmse(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new RangeError(`${actual.length} values, ${expected.length} expected`);
  let error = 0;
  let power = 0;
  for (let i = 0; i < actual.length; i++) {
    error += (actual[i]! - expected[i]!) ** 2;
    power += expected[i]! ** 2;
  }
  return power === 0 ? error : error / power;
}

/** What a kernel's error may be: f32 throughout, or with values that are stored as f16 on the way. */
export const nmseLimits = { f32: 1e-10, f16: 1e-6 } as const;
