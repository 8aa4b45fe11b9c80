import { describe, expect, it } from 'vitest';
import { pitchOf } from '../activation.ts';
import { nmse, randomNormal, randomRows, runKernel, testGpu, variantName, variantsOf } from '../testing/index.ts';
import { rmsnorm, rmsnormReference } from './rmsnorm.ts';

const gpu = await testGpu();

describe.each(variantsOf(rmsnorm, gpu.features).map((features) => [variantName(features), features] as const))(
  'rmsnorm, %s',
  (_, features) => {
    it.each([
      [1, 1], // the smallest
      [1, 33], // one past a group: padding must not be read
      [3, 1025], // one past a multiple of the workgroup: strided loop
      [1, 2304], // 2B, decode
      [5, 9216],
    ])('matches the definition at [%i, %i]', async (rows, width) => {
      const pitch = pitchOf(width);
      const params = { rows, width, pitch, epsilon: 1e-6 };
      const x = randomRows(1, rows, width, pitch, 30);
      const weight = randomNormal(2, width, 0.5);
      const expected = rmsnormReference(x, weight, params);
      for (const constants of [rmsnorm.constants, { WORKGROUP: 32 }]) {
        const buffers = { x, weight, y: new Float32Array(rows * pitch) };
        const { y } = await runKernel(rmsnorm, { features, constants }, buffers, params);
        expect(nmse(y, expected)).toBeLessThan(1e-12);
      }
    });
  },
);
