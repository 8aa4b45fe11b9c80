/**
 * Searches for the scale of a group of weights that leaves the least sum of squared errors: over activations that are
 * not correlated, that is the least error of the product. Given the codes q, the best scale follows by least squares;
 * so the codes are rounded by a few guesses of the scale, and the best is kept. The guesses are those that leave the
 * least error over normally distributed weights: three of them reach what nine even ones do.
 */

/** How far the largest value lies beyond the last code, in codes. */
const symmetricGuesses = [0, -1, -2] as const;

/** How far the codes' range is drawn in at the lower and at the upper end, in codes. */
const lowerGuesses = [0.25, 0.5, 0] as const;
const upperGuesses = [0.25, -0.25, 0.5] as const;

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

/** s and m of x ≈ s q - m with q from 0 to `most`, at most 31, and s and m not below 0; at most 64 values. */
export function fitScaleAndMinimum(
  values: Float32Array,
  at: number,
  count: number,
  most: number,
  fitted: Fitted,
): void {
  let low = 0;
  let high = 0;
  let x1 = 0;
  for (let i = at; i < at + count; i++) {
    const x = values[i]!;
    if (x < low) low = x;
    if (x > high) high = x;
    x1 += x;
  }
  fitted.scale = (high - low) / most;
  fitted.minimum = -low;
  if (high === low) return;
  let bestGain = Number.NEGATIVE_INFINITY;
  for (let guess = 0; guess < lowerGuesses.length; guess++) {
    const lower = lowerGuesses[guess]!;
    const step = (high - low) / (most + lower + upperGuesses[guess]!);
    const base = low + lower * step;
    const inverse = 1 / step;
    let sums = 0; // Σq² in the lower 16 bits, Σq in the upper
    let xq = 0;
    for (let i = at; i < at + count; i++) {
      const x = values[i]!;
      const q = code((x - base) * inverse, most);
      sums = (sums + Math.imul(q, q + 0x10000)) | 0;
      xq += x * q;
    }
    const q1 = sums >>> 16;
    const qq = sums & 0xffff;
    const determinant = count * qq - q1 * q1;
    if (determinant <= 0) continue;
    let scale = (count * xq - x1 * q1) / determinant;
    let shift = (qq * x1 - q1 * xq) / determinant;
    if (shift > 0) {
      shift = 0;
      scale = xq / qq;
    }
    // The squared error is Σx² less this.
    const gain = scale * xq + shift * x1;
    if (scale > 0 && gain > bestGain) {
      bestGain = gain;
      fitted.scale = scale;
      fitted.minimum = -shift;
    }
  }
}
