/**
 * Searches for the scale of a group of weights that leaves the least sum of squared errors: over activations that are
 * not correlated, that is the least error of the product. Given the codes q, the best scale follows by least squares;
 * so the codes are rounded by a few guesses of the scale, and the best is kept. The guesses are those that leave the
 * least error over normally distributed weights: three of them reach what nine even ones do.
 */

/** How far the largest value lies beyond the last code, in codes. */
const symmetricGuesses = [0, -1, -2] as const;

/** How far the codes' range is drawn in at the lower and at the upper end, in codes. */
const affineGuesses = [
  [0.25, 0.25],
  [0.5, -0.25],
  [0, 0.5],
  [0.25, 0],
] as const;

/** Levels that the range of a group is divided into while scales are guessed: well more than there are codes. */
const LEVELS = 256;

/** The nearest whole number from 0 to `most`, in the arithmetic of small integers: this is where the time goes. */
export function code(value: number, most: number): number {
  const nearest = (value + 0.5) | 0;
  return nearest < 0 ? 0 : Math.min(nearest, most);
}

/** s of x ≈ s q with q from -`limit` to `limit` - 1. 0 for zeros. */
export function fitScale(values: Float32Array, at: number, count: number, limit: number): number {
  let low = 0;
  let high = 0;
  for (let i = at; i < at + count; i++) {
    const x = values[i]!;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  const extreme = high > -low ? high : low;
  if (extreme === 0) return 0;
  let best = 0;
  let most = 0;
  for (let guess = 0; guess < symmetricGuesses.length; guess++) {
    const inverse = -(limit + symmetricGuesses[guess]!) / extreme;
    let xq = 0;
    let qq = 0;
    for (let i = at; i < at + count; i++) {
      const x = values[i]!;
      const q = code(x * inverse + limit, 2 * limit - 1) - limit;
      xq += x * q;
      qq += q * q;
    }
    // The squared error is Σx² - (Σxq)² / Σq².
    if (qq > 0 && xq * xq > most * qq) {
      most = (xq * xq) / qq;
      best = xq / qq;
    }
  }
  return best;
}

/** What {@link fitScaleAndMinimum} found. */
export type Fitted = { scale: number; minimum: number };

/** For every guess what the codes of every level add to the sums: see {@link sumsTable}. */
export type SumsTable = Float64Array;

/**
 * The code q of a level v, by every guess, is known beforehand; so are its parts of Σq², Σq and Σvq, which least squares
 * are made of. They lie in one number, from bits 0, 16 and 32, and stay apart in a sum of 32.
 *
 * @param most the largest code, at most 31
 */
export function sumsTable(most: number): SumsTable {
  const table = new Float64Array(LEVELS * affineGuesses.length);
  affineGuesses.forEach(([lower, upper], guess) => {
    const step = (LEVELS - 1) / (most + lower + upper);
    for (let level = 0; level < LEVELS; level++) {
      const q = code(level / step - lower, most);
      table[LEVELS * guess + level] = q * q + q * 2 ** 16 + level * q * 2 ** 32;
    }
  });
  return table;
}

const levels = new Uint8ClampedArray(32); // which round to nearest

/** s and m of x ≈ s q - m for 32 values, with q as the table was made for, and s and m not below 0. */
export function fitScaleAndMinimum(values: Float32Array, at: number, table: SumsTable, fitted: Fitted): void {
  let low = 0;
  let high = 0;
  for (let i = at; i < at + 32; i++) {
    const x = values[i]!;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  fitted.scale = 0;
  fitted.minimum = 0;
  if (high === low) return;
  const unit = (high - low) / (LEVELS - 1);
  const inverse = (LEVELS - 1) / (high - low);
  let v1 = 0;
  for (let i = 0; i < 32; i++) {
    levels[i] = (values[at + i]! - low) * inverse;
    v1 += levels[i]!;
  }
  let bestGain = Number.NEGATIVE_INFINITY;
  for (let guess = 0; guess < table.length; guess += LEVELS) {
    let sums = 0;
    for (let i = 0; i < 32; i++) sums += table[guess + levels[i]!]!;
    const vq = Math.floor(sums / 2 ** 32);
    const rest = (sums - vq * 2 ** 32) | 0;
    const q1 = rest >>> 16;
    const qq = rest & 0xffff;
    const determinant = 32 * qq - q1 * q1;
    if (determinant <= 0) continue;
    // v ≈ scale q + shift. The squared error is Σv² less the gain.
    let scale = (32 * vq - v1 * q1) / determinant;
    let shift = (qq * v1 - q1 * vq) / determinant;
    if (low + shift * unit > 0) {
      shift = -low / unit;
      scale = (vq - shift * q1) / qq;
    }
    const gain = scale * vq + shift * v1 + shift * (v1 - scale * q1 - 32 * shift);
    if (scale > 0 && gain > bestGain) {
      bestGain = gain;
      fitted.scale = scale * unit;
      fitted.minimum = -(low + shift * unit);
    }
  }
}
