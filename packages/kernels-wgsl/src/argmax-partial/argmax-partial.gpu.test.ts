import { expect, it } from 'vitest';
import { pitchOf } from '../activation.ts';
import { randomRows, runKernel } from '../testing/index.ts';
import { argmaxPartial, argmaxPartialReference, argmaxPartials } from './argmax-partial.ts';

const features = { f16: false, subgroups: false };

it.each<[number, string]>([
  [1, 'the smallest'],
  [33, 'less than a workgroup, one past a group'],
  [1025, 'a stride and one'],
  [2048, 'exactly a block'],
  [2049, 'a block of one logit'],
  [256_000, 'Gemma 2'],
])('matches the definition over %i logits: %s', async (width) => {
  const logits = randomRows(1, 1, width, pitchOf(width), 8);
  logits.fill(100, width); // the padding must not be read
  for (const id of [0, 7, 1030, 2048]) if (id < width) logits[id] = [Number.NaN, -Infinity, -0, 30][id % 4]!;
  const partials = new Uint32Array(2 * argmaxPartials(width));
  const after = await runKernel(argmaxPartial, { features }, { logits, partials }, { width });
  expect(after.partials).toEqual(argmaxPartialReference(logits, { width }));
});
