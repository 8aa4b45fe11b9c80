import { expect, it } from 'vitest';
import { pitchOf } from '../activation.ts';
import { argmaxPartial, argmaxPartials } from '../argmax-partial/argmax-partial.ts';
import { randomNormal, runKernel } from '../testing/index.ts';
import { argmax, argmaxReference, noToken } from './argmax.ts';

const features = { f16: false, subgroups: false };
const ring = 8;

/** Both dispatches on `values`, in the middle of a generation. */
async function choose(values: ArrayLike<number>) {
  const width = values.length;
  const logits = new Float32Array(pitchOf(width)).fill(1000);
  logits.set(values);
  const count = argmaxPartials(width);
  const { partials } = await runKernel(
    argmaxPartial,
    { features },
    { logits, partials: new Uint32Array(2 * count) },
    { width },
  );
  const state = { step: Uint32Array.of(100, 5, 11, 9), tokens: Uint32Array.of(3, 4), generated: new Uint32Array(ring) };
  return runKernel(argmax, { features }, { partials, ...state }, { count, ring });
}

it.each([1, 33, 1025, 2049, 256_000])('chooses the largest of %i logits and moves the step on', async (width) => {
  const logits = randomNormal(width, width, 8);
  const id = argmaxReference(logits);
  const { step, tokens, generated } = await choose(logits);
  expect([...generated]).toEqual([0, 0, 0, id, 0, 0, 0, 0]); // slot 11 of a ring of 8
  expect([...tokens]).toEqual([id, 4]);
  expect([...step]).toEqual([105, 1, 12, 9]);
});

it.each<[string, number[], number]>([
  ['the lowest of equal logits', [1, 7, 7, 1, 7], 1],
  [
    'the lowest of equal logits in far blocks',
    Array.from({ length: 9000 }, (_, id) => (id % 4100 === 4099 ? 2 : 1)),
    4099,
  ],
  ['0 and -0 as equals', [-1, -0, 0], 1],
  ['a negative logit where all are', [-3, -2, -9], 1],
  ['the largest denormal', [0, 1e-39, 2e-39, -1e-39], 2],
  ['never NaN', [Number.NaN, -5, Number.NaN], 1],
  ['never -Infinity', [-Infinity, -3.4e38], 1],
  ['Infinity', [3e38, Infinity], 1],
])('chooses %s', async (_, logits, id) => {
  expect(argmaxReference(Float32Array.from(logits))).toBe(id);
  expect((await choose(logits)).generated[3]).toBe(id);
});

it('says that there is no token when no logit is a number', async () => {
  const logits = [Number.NaN, -Infinity, Number.NaN];
  expect(argmaxReference(logits)).toBe(noToken);
  const { generated, tokens } = await choose(logits);
  expect(generated[3]).toBe(noToken);
  expect(tokens[0]).toBe(0);
});
