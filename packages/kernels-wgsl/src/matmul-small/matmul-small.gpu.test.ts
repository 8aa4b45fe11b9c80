import { describe, expect, it } from 'vitest';
import { multiplyRows, nmse, testGpu, variantName, variantsOf } from '../testing/index.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { matmulSmall } from './matmul-small.ts';

const gpu = await testGpu();
const variants = variantsOf(matmulSmall, gpu.features).map((features) => [variantName(features), features] as const);
const limit = 1e-11;

describe.each(variants)('matmul-small, %s', (_, features) => {
  it.each([
    [1, 1, 32], // the smallest
    [2, 2304, 32], // 2B; fewer columns than slices
    [3, 33, 1024], // one past the rows of a workgroup
    [4, 64, 96], // the first half full, the second empty
    [5, 31, 2304],
    [7, 257, 256],
    [8, 40, 9216], // the longest sum of 2B
  ] as const)('matches the definition at batch %i of [%i, %i]', async (...shape) => {
    const { y, expected } = await multiplyRows(matmulSmall, features, weightFormats.q8_0, shape);
    expect(nmse(y, expected)).toBeLessThan(limit);
  });

  // What a GPU gets, the fewest and the most slices, and a number of slices that is no subgroup's.
  it.each([matmulSmall.constants, { WORKGROUP: 8 }, { WORKGROUP: 24 }, { WORKGROUP: 256 }])(
    'matches the definition with %o',
    async (constants) => {
      for (const shape of [
        [8, 72, 2304],
        [2, 5, 32],
      ] as const) {
        const { y, expected } = await multiplyRows(matmulSmall, features, weightFormats.q4_0, shape, {
          constants,
          offset: 3,
        });
        expect(nmse(y, expected)).toBeLessThan(limit);
      }
    },
  );

  it.each([3, 4, 6])('computes the first %i rows when only they are live, and no others', async (live) => {
    const { y, expected, pitch } = await multiplyRows(matmulSmall, features, weightFormats.q8_0, [8, 16, 64], { live });
    expect(nmse(y.subarray(0, live * pitch), expected.subarray(0, live * pitch))).toBeLessThan(limit);
    expect(y.subarray(live * pitch).every((value) => value === 0)).toBe(true);
  });
});

it.each(Object.values(weightFormats))('matmul-small matches the definition over $name', async (format) => {
  const columns = format.blockColumns === 1 ? 1025 : 1024;
  const { y, expected } = await multiplyRows(matmulSmall, gpu.features, format, [7, 65, columns], { offset: 5 });
  expect(nmse(y, expected)).toBeLessThan(limit);
});
