import { expect, it } from 'vitest';
import { seenWords } from '../sampling/sampling.ts';
import { adjustedLogits } from '../sampling/sampling-reference.ts';
import { randomNormal } from '../testing/index.ts';
import { sampleGuarded } from '../testing/sampler.ts';

const excluded = Math.fround(-3e38);

it.each([
  [1, 'the smallest'],
  [33, 'less than a workgroup'],
  [2048, 'exactly a block'],
  [5003, 'blocks and a part of one'],
])('matches the definition over %i logits: %s', async (width) => {
  const logits = randomNormal(width, width, 6);
  for (let id = 3; id < width; id += 7) logits[id] = [Number.NaN, -Infinity, 0, -0][id % 4]!;
  const ids = Array.from({ length: width }, (_, id) => id);
  const seen = seenWords(
    width,
    ids.filter((id) => id % 3 === 0),
    ids.filter((id) => id % 5 === 0).concat(0, 0),
  );
  const logitBias = new Map(
    ids
      .filter((id) => id % 11 === 0)
      .slice(-500)
      .map((id) => [id, id % 2 ? -Infinity : id / 100]),
  );
  for (const options of [{}, { logitBias, repetitionPenalty: 1.3, presencePenalty: 0.5, frequencyPenalty: 0.25 }]) {
    const { adjusted, adjust } = await sampleGuarded(logits, options, seen);
    const expected = adjustedLogits(logits, options, seen);
    expect(adjusted).toEqual(Float32Array.from(expected, (logit) => (logit === -Infinity ? excluded : logit)));
    expect(adjust.counts.every((count) => count === 0)).toBe(true);
    expect(adjust.candidates).toBe(0);
  }
});

it('caps the logits that the head leaves uncapped, and excludes what is no number all the same', async () => {
  const logits = randomNormal(1, 3000, 40);
  logits.set([Number.NaN, -Infinity, 1e30, -1e30], 7);
  const { adjusted } = await sampleGuarded(logits, { softcap: 30 });
  for (const [id, logit] of logits.entries()) {
    if (id === 7 || id === 8) expect(adjusted[id]).toBe(excluded);
    else expect(Math.abs(adjusted[id]! - 30 * Math.tanh(logit / 30))).toBeLessThan(1e-4);
  }
});
