import { describe, expect, it } from 'vitest';
import type { SubgroupMatrix } from '../subgroup-matrix.ts';
import { multiplyRows, nmse, nmseLimits, testGpu, variantName, variantsOf } from '../testing/index.ts';
import { testProducts } from '../testing/products.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { matmulSubgroupMatrix } from './matmul-subgroup-matrix.ts';

const { info, features: offered } = await testGpu();
const { subgroupMaxSize = 128 } = info;
const exact = offered.subgroupMatrix?.componentType === 'f32';
const limit = exact ? 1e-11 : nmseLimits.f16;

it('has a variant exactly where the adapter lists a product with sums of f32', () => {
  const { subgroupMatrixConfigs = [] } = info as { readonly subgroupMatrixConfigs?: Iterable<SubgroupMatrix> };
  const sizes = [...subgroupMatrixConfigs].filter(({ resultComponentType }) => resultComponentType === 'f32');
  expect(variantsOf(matmulSubgroupMatrix, offered)).toHaveLength(sizes.length > 0 ? 1 : 0);
});

// One subgroup, or few, that pass over the tile several times; as many as there may be.
await testProducts(matmulSubgroupMatrix, limit, [
  { WORKGROUP: subgroupMaxSize },
  { WORKGROUP: Math.floor(256 / subgroupMaxSize) * subgroupMaxSize },
  { WORKGROUP: Math.min(3, Math.floor(256 / subgroupMaxSize)) * subgroupMaxSize },
]);

const variants = variantsOf(matmulSubgroupMatrix, offered).map(
  (features) => [variantName(features), features] as const,
);
describe.each(variants)('matmul-subgroup-matrix, %s', (_, features) => {
  it('is as exact for rows of any magnitude beside each other, far beyond what halves hold', async () => {
    const magnitudes = [1, 1e-20, 1e5, 0, 1e30, 1e-7, 3000];
    const shape = [70, 40, 256] as const;
    const { y, expected, pitch } = await multiplyRows(matmulSubgroupMatrix, features, weightFormats.q8_0, shape, {
      deviation: 1,
      magnitudeOf: (row) => magnitudes[row % magnitudes.length]!,
    });
    for (let row = 0; row < shape[0]; row++) {
      const own = [row * pitch, (row + 1) * pitch] as const;
      expect(nmse(y.subarray(...own), expected.subarray(...own))).toBeLessThan(limit);
    }
  });
});
