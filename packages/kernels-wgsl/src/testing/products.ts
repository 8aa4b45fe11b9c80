import { describe, expect, it } from 'vitest';
import type { matmul } from '../matmul/matmul.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { multiplyRows, nmse, testGpu, variantName, variantsOf } from './index.ts';

/** What every kernel for many rows of x must do, in every variant that the adapter has. */
export async function testProducts(
  spec: typeof matmul,
  limit: number,
  workgroups: readonly Readonly<Record<string, number>>[],
): Promise<void> {
  const { features: offered } = await testGpu();
  const variants = variantsOf(spec, offered).map((features) => [variantName(features), features] as const);

  describe.each(variants)(`${spec.name}, %s`, (_, features) => {
    it.each([
      [1, 1, 32], // the smallest
      [2, 2304, 32], // 2B
      [7, 257, 256], // one past the rows of a workgroup
      [16, 33, 1024], // exactly a tile of x
      [64, 256, 96], // exactly several of both
      [65, 8, 2304],
      [130, 31, 256],
      [3, 40, 9216], // the longest sum of 2B
    ] as const)('matches the definition at batch %i of [%i, %i]', async (...shape) => {
      const { y, expected } = await multiplyRows(spec, features, weightFormats.q8_0, shape, { deviation: 30 });
      expect(nmse(y, expected)).toBeLessThan(limit);
    });

    it.each(workgroups)('matches the definition with other workgroups: %o', async (constants) => {
      const { y, expected } = await multiplyRows(spec, features, weightFormats.q8_0, [17, 300, 64], { constants });
      expect(nmse(y, expected)).toBeLessThan(limit);
    });

    it('computes the live rows of a chunk that is not full, and no others', async () => {
      const { y, expected, pitch } = await multiplyRows(spec, features, weightFormats.q8_0, [70, 16, 64], { live: 37 });
      expect(nmse(y.subarray(0, 37 * pitch), expected.subarray(0, 37 * pitch))).toBeLessThan(limit);
      expect(y.subarray(37 * pitch).every((value) => value === 0)).toBe(true);
    });
  });

  // One encoding of each kind. That weights8 is exact for every encoding is embed's test, that all compile registry.test.ts';
  // here each would cost a software adapter seconds of compiling.
  const { f32, f16, q4_0, q6_k } = weightFormats;
  const encodings = [f32, f16, q4_0, q6_k].map((format) => [format.name, format] as const);
  for (const [, features] of variants.slice(-1)) {
    it.each(encodings)(`${spec.name} matches the definition over %s`, async (_, format) => {
      const columns = format.blockColumns === 1 ? 1025 : 1024;
      const { y, expected } = await multiplyRows(spec, features, format, [33, 65, columns], { offset: 5 });
      expect(nmse(y, expected)).toBeLessThan(limit);
    });
  }
}
