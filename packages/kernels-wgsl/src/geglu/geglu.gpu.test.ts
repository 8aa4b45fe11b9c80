import { expect, it } from 'vitest';
import { pitchOf } from '../activation.ts';
import { nmse, nmseLimits, randomRows, runKernel } from '../testing/index.ts';
import { geglu, gegluReference } from './geglu.ts';

const features = { f16: false, subgroups: false };

it.each([
  [1, 1, 1],
  [3, 33, 1], // `up` follows at an odd place
  [2, 1025, 0.1], // gelu's bend
  [5, 2304, 300], // x^3 beyond exp's range, were tanh made from it
  [1, 9216, 3], // 2B, decode
])('matches the definition at [%i, %i], |x| around %d', async (rows, width, deviation) => {
  const inputPitch = pitchOf(2 * width);
  const pitch = pitchOf(width);
  const params = { rows, width, inputPitch, upOffset: width, pitch };
  const gateUp = randomRows(1, rows, 2 * width, inputPitch, deviation);
  const { y } = await runKernel(geglu, { features }, { gateUp, y: new Float32Array(rows * pitch) }, params);
  expect(nmse(y, gegluReference(gateUp, params))).toBeLessThan(nmseLimits.f32);
});
