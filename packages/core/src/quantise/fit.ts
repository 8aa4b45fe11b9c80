/**
 * Searches for the scale of a group of weights that leaves the least sum of squared errors: over activations that are
 * not correlated, that is the least error of the product. Given the codes q, the best scale follows by least squares;
 * so some roundings of the codes are tried, each of another guess of the scale, and the best is kept.
 */

/** How far the guesses reach around the scale that just holds the largest value, in codes. */
const guesses = [0, -1, -0.5, 0.5, 1, 2] as const;

/** The nearest whole number from 0 to `most`, in the arithmetic of small integers: this is where the time goes. */
export function code(value: number, most: number): number {
  const nearest = (value + 0.5) | 0;
  return nearest < 0 ? 0 : Math.min(nearest, most);
}

/** s of x ≈ s q with q from -`limit` to `limit` - 1. 0 for zeros. */
export function fitScale(values: Float32Array, at: number, count: number, limit: number): number {
  let extreme = 0;
  for (let i = at; i < at + count; i++) if (Math.abs(values[i]!) > Math.abs(extreme)) extreme = values[i]!;
  if (extreme === 0) return 0;
  let best = 0;
  let most = 0;
  for (const guess of guesses) {
    const inverse = -(limit + guess) / extreme;
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

/** [s, m] of x ≈ s q - m with q from 0 to `most`, and s and m not below 0. */
export function fitScaleAndMinimum(values: Float32Array, at: number, count: number, most: number): [number, number] {
  let low = 0;
  let high = 0;
  let x1 = 0;
  for (let i = at; i < at + count; i++) {
    const x = values[i]!;
    low = Math.min(low, x);
    high = Math.max(high, x);
    x1 += x;
  }
  if (high === low) return [0, 0];
  let best: [number, number] = [(high - low) / most, -low];
  let bestGain = Number.NEGATIVE_INFINITY;
  for (const guess of guesses) {
    const inverse = (most + guess) / (high - low);
    let q1 = 0;
    let qq = 0;
    let xq = 0;
    for (let i = at; i < at + count; i++) {
      const x = values[i]!;
      const q = code((x - low) * inverse, most);
      q1 += q;
      qq += q * q;
      xq += x * q;
    }
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
      best = [scale, -shift];
    }
  }
  return best;
}
