import { describe, expect, it } from 'vitest';
import { pitchOf } from '../activation.ts';
import {
  nmse,
  nmseLimits,
  randomNormal,
  randomRows,
  runKernel,
  testGpu,
  variantName,
  variantsOf,
} from '../testing/index.ts';
import { residualNorms, residualNormsReference } from './residual-norms.ts';

const gpu = await testGpu();

describe.each(variantsOf(residualNorms, gpu.features).map((features) => [variantName(features), features] as const))(
  'residual-norms, %s',
  (_, features) => {
    it.each([
      [1, 1], // the smallest
      [1, 33], // one past a group: padding must not count
      [3, 1025], // one past a multiple of the workgroup
      [1, 2304], // 2B, decode
      [5, 9216],
    ])('matches the definition at [%i, %i]', async (rows, width) => {
      const pitch = pitchOf(width);
      const params = { rows, width, pitch, epsilon: 1e-6 };
      const x = randomRows(1, rows, width, pitch, 100);
      const update = randomRows(2, rows, width, pitch, 0.01);
      const postWeight = randomNormal(3, width, 10);
      const nextWeight = randomNormal(4, width, 0.5);
      const y = new Float32Array(rows * pitch);
      const expected = residualNormsReference(x, update, postWeight, nextWeight, params);
      for (const constants of [residualNorms.constants, { WORKGROUP: 32 }]) {
        const buffers = { x, update, postWeight, nextWeight, y };
        const after = await runKernel(residualNorms, { features, constants }, buffers, params);
        expect(nmse(after.x, expected.x)).toBeLessThan(nmseLimits.f32);
        expect(nmse(after.y, expected.y)).toBeLessThan(nmseLimits.f32);
      }
    });
  },
);
