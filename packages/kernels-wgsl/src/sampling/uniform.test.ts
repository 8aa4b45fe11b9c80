import { expect, it } from 'vitest';
import { uniformAt } from './uniform.ts';

const bins = 64;
const count = 64_000;

/** Chi-square of `count` numbers in bins, in standard deviations from its mean. */
function deviation(numberAt: (i: number) => number): number {
  const hits = new Array<number>(bins).fill(0);
  for (let i = 0; i < count; i++) hits[Math.floor(bins * numberAt(i))]! += 1;
  const expected = count / bins;
  const chiSquare = hits.reduce((sum, hit) => sum + (hit - expected) ** 2 / expected, 0);
  return (chiSquare - (bins - 1)) / Math.sqrt(2 * (bins - 1));
}

it.each<[string, (i: number) => number]>([
  ['positions of a seed', (i) => uniformAt(1, i)],
  ['positions of another seed', (i) => uniformAt(-77n, i)],
  ['seeds at a position', (i) => uniformAt(i, 1)],
  ['the upper half of seeds', (i) => uniformAt(BigInt(i) << 32n, 1)],
  [
    'pairs of neighbouring positions',
    (i) => (8 * Math.floor(8 * uniformAt(5, i)) + Math.floor(8 * uniformAt(5, i + 1))) / bins,
  ],
  [
    'pairs of neighbouring seeds',
    (i) => (8 * Math.floor(8 * uniformAt(i, 9)) + Math.floor(8 * uniformAt(i + 1, 9))) / bins,
  ],
  ['the lower bits', (i) => (uniformAt(3, i) * 2 ** 18) % 1],
])('is uniform over %s', (_, numberAt) => {
  expect(Math.abs(deviation(numberAt))).toBeLessThan(4);
});

it('is in [0, 1), and the same for the same seed and position', () => {
  for (let i = 0; i < 10_000; i++) {
    const number = uniformAt(i, 10_000 - i);
    expect(number >= 0 && number < 1).toBe(true);
  }
  expect(uniformAt(12, 34)).toBe(uniformAt(12n, 34));
});
