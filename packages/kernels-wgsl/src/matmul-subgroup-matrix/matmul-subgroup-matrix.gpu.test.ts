import { expect, it } from 'vitest';
import type { Features } from '../kernel.ts';
import { type SubgroupMatrix, subgroupMatrixName } from '../subgroup-matrix.ts';
import {
  emulateSubgroupMatrix,
  knownSubgroupMatrices,
  multiplyRows,
  nmse,
  nmseLimits,
  testGpu,
  variantName,
  variantsOf,
} from '../testing/index.ts';
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

const magnitudes = [1, 1e-20, 1e5, 0, 1e30, 1e-7, 3000];
const magnitudeOf = (row: number): number => magnitudes[row % magnitudes.length]!;

async function largestErrorOfRows(spec: typeof matmulSubgroupMatrix, features: Features, constants = {}) {
  const shape = [70, 73, 96] as const;
  const options = { deviation: 1, offset: 3, magnitudeOf, constants };
  const { y, expected, pitch } = await multiplyRows(spec, features, weightFormats.q8_0, shape, options);
  const errors = Array.from({ length: shape[0] }, (_, row) =>
    nmse(y.subarray(row * pitch, (row + 1) * pitch), expected.subarray(row * pitch, (row + 1) * pitch)),
  );
  return Math.max(...errors);
}

const variants = variantsOf(matmulSubgroupMatrix, offered).map(
  (features) => [variantName(features), features] as const,
);
it.each(variants)('is as exact for rows far beyond what halves hold beside each other, %s', async (_, features) => {
  expect(await largestErrorOfRows(matmulSubgroupMatrix, features)).toBeLessThan(limit);
});

// Products of hardware that is not here: of f32, wide, and tall.
const names = ['f32 8x8x8', 'f16 8x16x16', 'f16 16x8x8'];
const products = knownSubgroupMatrices.filter(
  (product) => names.includes(subgroupMatrixName(product)) && (product.componentType === 'f32' || offered.f16),
);
it.each(products.map((product) => [subgroupMatrixName(product), product] as const))(
  'is right for other products, emulated without subgroups, %s',
  async (_, product) => {
    const features = { f16: offered.f16, subgroups: false };
    const emulated = emulateSubgroupMatrix(matmulSubgroupMatrix, product);
    const error = await largestErrorOfRows(emulated, features, { WORKGROUP: 8 });
    expect(error).toBeLessThan(product.componentType === 'f32' ? 1e-11 : nmseLimits.f16);
  },
);
