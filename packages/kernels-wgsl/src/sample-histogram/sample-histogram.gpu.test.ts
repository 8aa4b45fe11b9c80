import { expect, it } from 'vitest';
import { randomNormal } from '../testing/index.ts';
import { sampleGuarded } from '../testing/sampler.ts';
import { sampleHistogramReference } from './sample-histogram.ts';

it.each([
  [1, 1, 1],
  [33, 1, 1],
  [4097, 2, 0.7], // one past a block
  [5003, 12, 1], // many beyond reach
  [20_000, 0.001, 1], // all in one bin
])('matches the definition: %i logits, deviation %f, temperature %f', async (width, deviation, temperature) => {
  const logits = randomNormal(width, width, deviation);
  if (width > 5) logits.fill(-Infinity, 2, 5);
  const { adjusted, histogram } = await sampleGuarded(logits, { temperature });
  const { largest, counts, deficits } = sampleHistogramReference(adjusted, 1 / temperature);
  expect(histogram.maximum).toBe(largest);
  expect(histogram.counts).toEqual(counts);
  for (const [bin, deficit] of deficits.entries()) {
    // Each token's deficit is rounded to 2^-18.
    expect(Math.abs(histogram.deficits[bin]! - deficit * 2 ** 18)).toBeLessThanOrEqual(0.51 * counts[bin]!);
  }
});
