import { expect, it } from 'vitest';
import { pitchOf } from '../activation.ts';
import { nmse, nmseLimits, randomNormal, randomRows, runKernel } from '../testing/index.ts';
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
  const gateUp = randomRows(1, rows, 2 * width, inputPitch, deviation);
  const params = { rows, width, inputPitch, run: width, stride: 0, upOffset: width, pitch };
  const { y } = await runKernel(geglu, { features }, { gateUp, y: new Float32Array(rows * pitch) }, params);
  expect(nmse(y, gegluReference(gateUp, params))).toBeLessThan(nmseLimits.f32);
});

it('takes gate and up in turn, as the panels of a gated matrix lie', async () => {
  const [rows, width] = [3, 40];
  const gateUp = randomNormal(1, rows * 96);
  const params = { rows, width, inputPitch: 96, run: 8, stride: 16, upOffset: 8, pitch: 64 };
  const { y } = await runKernel(geglu, { features }, { gateUp, y: new Float32Array(rows * 64) }, params);
  expect(nmse(y, gegluReference(gateUp, params))).toBeLessThan(nmseLimits.f32);
});
