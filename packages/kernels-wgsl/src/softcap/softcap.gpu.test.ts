import { expect, it } from 'vitest';
import { pitchOf } from '../activation.ts';
import { nmse, nmseLimits, randomNormal, runKernel } from '../testing/index.ts';
import { softcap, softcapReference } from './softcap.ts';

const features = { f16: false, subgroups: false };

it.each([
  [1, 1, 30, 20],
  [3, 33, 30, 100], // the padding between rows stays as it is
  [2, 1025, 30, 5000], // beyond exp's range, were tanh made from it
  [1, 2304, 50, 1], // nearly linear
  [1, 256000, 30, 20], // logits
])('matches the definition at [%i, %i], cap %d, |x| around %d', async (rows, width, cap, deviation) => {
  const pitch = pitchOf(width);
  const params = { rows, width, pitch, cap };
  const x = randomNormal(1, rows * pitch, deviation);
  const after = await runKernel(softcap, { features }, { x }, params);
  expect(nmse(after.x, softcapReference(x, params))).toBeLessThan(nmseLimits.f32);
});
