import { describe, expect, it } from 'vitest';
import { pitchOf } from '../activation.ts';
import {
  nmse,
  nmseLimits,
  packCache,
  packKeys,
  randomNormal,
  runKernel,
  testGpu,
  unpackCache,
  unpackKeys,
  variantName,
  variantsOf,
} from '../testing/index.ts';
import { ropeCache, ropeCacheReference } from './rope-cache.ts';
import { rotationTable } from './rotation-table.ts';

const gpu = await testGpu();

describe.each(variantsOf(ropeCache, gpu.features).map((features) => [variantName(features), features] as const))(
  'rope-cache, %s',
  (_, features) => {
    const limit = features.f16 ? nmseLimits.f16 : nmseLimits.f32;

    it.each([
      { start: 0, live: 1, rows: 1, heads: 1, kvHeads: 1, headDim: 4, capacity: 8 },
      { start: 7, live: 5, rows: 5, heads: 4, kvHeads: 2, headDim: 24, capacity: 16 }, // a half that divides nothing
      { start: 14, live: 6, rows: 8, heads: 2, kvHeads: 2, headDim: 32, capacity: 16 }, // wraps, not all rows live
      { start: 8191, live: 1, rows: 1, heads: 8, kvHeads: 4, headDim: 256, capacity: 40 }, // 2B: large angles
      { start: 250, live: 9, rows: 9, heads: 4, kvHeads: 1, headDim: 128, capacity: 512 },
    ])('matches the definition at %o', async ({ start, live, ...shape }) => {
      const { rows, heads, kvHeads, headDim, capacity } = shape;
      const pitch = pitchOf((heads + 2 * kvHeads) * headDim);
      const params = { ...shape, pitch };
      const qkv = randomNormal(1, rows * pitch, 2);
      const [key, value] = [2, 3].map((seed) => randomNormal(seed, kvHeads * capacity * headDim));
      const keys = packKeys(key!, headDim, features.f16);
      const values = packCache(value!, features.f16);
      const after = await runKernel(
        ropeCache,
        { features },
        {
          step: Uint32Array.of(start, live, 0, 0),
          rotations: rotationTable(start + rows, headDim, 10000),
          qkv,
          keys,
          values,
        },
        params,
      );
      const expected = ropeCacheReference(
        { start, rows: live },
        10000,
        qkv,
        unpackKeys(keys, headDim),
        unpackCache(values),
        params,
      );
      expect(nmse(after.qkv, expected.qkv)).toBeLessThan(nmseLimits.f32);
      expect(nmse(unpackKeys(after.keys, headDim), expected.keys)).toBeLessThan(limit);
      expect(nmse(unpackCache(after.values), expected.values)).toBeLessThan(limit);
    });
  },
);
