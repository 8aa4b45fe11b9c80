import { expect, it } from 'vitest';
import type { SamplingOptions } from '../sampling/sampling.ts';
import { sampleReference, samplingDistribution } from '../sampling/sampling-reference.ts';
import { uniformAt } from '../sampling/uniform.ts';
import { randomNormal } from '../testing/index.ts';
import { sampleGuarded } from '../testing/sampler.ts';

it.each<[number, number, SamplingOptions]>([
  [1, 1, { topK: 1 }],
  [33, 1, {}], // no cut: only the draw's bin
  [33, 1, { topK: 34 }], // a cut beyond the last token
  [3000, 2, { topK: 40, topP: 0.9, minP: 0.02 }],
  [9000, 3, { topP: 0.7 }],
  [9000, 3, { minP: 0.1 }], // more than a block
  [5000, 0.001, { topK: 1234 }], // all in one bin
])('plans for every cut and the draw: %i logits, deviation %f, %o', async (width, deviation, options) => {
  const logits = randomNormal(width, width, deviation);
  const { gather, candidates, position } = await sampleGuarded(logits, options);
  const largest = Math.max(...logits);
  const binOf = (id: number) => Math.floor(32 * Math.fround(largest - logits[id]!));

  const all = samplingDistribution(logits, {});
  expect(gather.tokens).toBe(all.ids.length);
  const total = gather.masses[1024]!;
  expect(total * all.probabilities[0]!).toBeCloseTo(1, 5); // in units of the most likely token
  let before = 0;
  for (const [i, id] of all.ids.entries()) {
    if (i === 0 || binOf(id) > binOf(all.ids[i - 1]!)) expect(gather.masses[binOf(id)]! / total).toBeCloseTo(before, 5);
    before += all.probabilities[i]!;
  }

  const kept = samplingDistribution(logits, options).ids;
  if (kept.length < all.ids.length) {
    const lastBin = binOf(kept.at(-1)!);
    expect(gather.cutLow).toBeLessThanOrEqual(binOf(all.ids[kept.length]!));
    expect(gather.cutHigh).toBeGreaterThanOrEqual(lastBin);
    expect(gather.cutHigh - gather.cutLow).toBeLessThanOrEqual(2);
  }
  expect(gather.rankBin === 1024).toBe(!options.topK || options.topK > all.ids.length);
  if (gather.rankBin < 1024) {
    const rankBin = binOf(all.ids[options.topK! - 1]!);
    expect(gather.rankBin).toBe(rankBin);
    expect(gather.rankBefore).toBe(all.ids.filter((id) => binOf(id) < rankBin).length);
  }
  expect(gather.draw).toBe(uniformAt(0, position));
  const drawn = binOf(sampleReference(logits, options, position));
  expect(gather.drawLow).toBeLessThanOrEqual(drawn);
  expect(gather.drawHigh).toBeGreaterThanOrEqual(drawn);

  const isPlanned = (bin: number) =>
    bin === gather.rankBin ||
    (gather.cutLow <= bin && bin <= gather.cutHigh) ||
    (gather.drawLow <= bin && bin <= gather.drawHigh);
  const gaps = new Float32Array(candidates.buffer).filter((_, i) => i % 2 === 0);
  const ids = candidates.filter((_, i) => i % 2 === 1);
  expect(ids.toSorted()).toEqual(Uint32Array.from(all.ids.filter((id) => isPlanned(binOf(id)))).toSorted());
  expect(gaps).toEqual(Float32Array.from(ids, (id) => Math.fround(largest - logits[id]!)));
});
