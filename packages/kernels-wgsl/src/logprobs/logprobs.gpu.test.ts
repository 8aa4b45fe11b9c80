import { expect, it } from 'vitest';
import { logprobsPartial, logprobsPartials } from '../logprobs-partial/logprobs-partial.ts';
import { randomNormal, runKernel } from '../testing/index.ts';
import { logprobs, logprobsBytes, logprobsReference, readLogprobs } from './logprobs.ts';

const features = { f16: false, subgroups: false };
const ring = 4;

/** Both dispatches on the logits, `chosen` being the token of slot 9. */
async function run(logits: Float32Array<ArrayBuffer>, chosen: number, top: number, softcap = 0) {
  const width = logits.length;
  const blocks = logprobsPartials(width);
  const { partials } = await runKernel(
    logprobsPartial,
    { features },
    { logits, partials: new Uint32Array(2 * blocks * (1 + top)) },
    { width, top, softcap },
  );
  const after = await runKernel(
    logprobs,
    { features },
    {
      logits,
      partials,
      step: Uint32Array.of(100, 1, 10, 0),
      generated: Uint32Array.of(0, chosen, 0, 0),
      logprobs: new Uint32Array((ring * logprobsBytes(top)) / 4),
    },
    { blocks, top, ring, softcap },
  );
  const words = logprobsBytes(top) / 4;
  const slots = after.logprobs as Uint32Array<ArrayBuffer>;
  expect(slots.subarray(0, words).every((word) => word === 0)).toBe(true);
  expect(slots.subarray(2 * words).every((word) => word === 0)).toBe(true);
  return readLogprobs(slots.subarray(words, 2 * words));
}

it.each([
  [1, 0, 1, 1],
  [33, 20, 0, 3], // the chosen one alone
  [1025, 1000, 5, 10],
  [9000, 8999, 20, 0.01], // nearly equal
  [256_000, 77, 20, 6],
])('matches the definition: %i logits, token %i, top %i, deviation %f', async (width, chosen, top, deviation) => {
  const logits = randomNormal(width, width, deviation);
  const actual = await run(logits, chosen, top, 30);
  const expected = logprobsReference(
    Float64Array.from(logits, (logit) => 30 * Math.tanh(logit / 30)),
    chosen,
    top,
  );
  expect(actual.top.map(({ id }) => id)).toEqual(expected.top.map(({ id }) => id));
  expect(actual.chosen.id).toBe(chosen);
  const all = [expected.chosen, ...expected.top];
  for (const [i, { logprob }] of [actual.chosen, ...actual.top].entries()) {
    expect(Math.abs(logprob - all[i]!.logprob)).toBeLessThan(1e-5);
  }
});

it('has equal tokens by id, and leaves out what is no number', async () => {
  const logits = new Float32Array(5000).fill(-Infinity);
  logits.set([2, Number.NaN, 2, 1], 4094);
  const { top } = await run(logits, 4094, 5);
  expect(top.map(({ id }) => id)).toEqual([4094, 4096, 4097]);
});
