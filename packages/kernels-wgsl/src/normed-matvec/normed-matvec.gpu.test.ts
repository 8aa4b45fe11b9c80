import { describe, expect, it } from 'vitest';
import { multiplyNormedError, testGpu, variantName, variantsOf } from '../testing/index.ts';
import type { WeightFormat } from '../weights/weight-format.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { normedMatvec, normedMatvecReference } from './normed-matvec.ts';

const variants = variantsOf(normedMatvec, (await testGpu()).features);

const error = (
  format: WeightFormat,
  shape: readonly [number, number],
  { features = variants.at(-1)!, offset = 0, constants = {} } = {},
) => multiplyNormedError(normedMatvec, normedMatvecReference, format, shape, features, { offset, constants });

const formats = Object.values(weightFormats).map((format) => [format.name, format] as const);

describe.each(formats)('normed-matvec, %s', (_, format) => {
  it.each([
    [1, format.blockColumns], // the smallest
    [41, 1025 - (1025 % format.blockColumns)], // columns past a group where the encoding has them
    [520, 2304], // 2B
  ])('matches the definition at [%i, %i]', async (rows, columns) => {
    const constants = { WORKGROUP: 8, ROWS: 16 }; // soon compiled
    expect(await error(format, [rows, columns], { constants })).toBeLessThan(rows === 1 ? 1e-8 : 1e-11);
  });
});

// Whatever a tuner may choose computes the same.
describe.each(variants.map((features) => [variantName(features), features] as const))(
  'normed-matvec, %s',
  (_, features) => {
    it.each([
      ...normedMatvec.candidates!,
      { WORKGROUP: 8, ROWS: 8 }, // one slice
      { WORKGROUP: 64, ROWS: 24 },
    ])('matches the definition with %o', async (constants) => {
      for (const [rows, columns] of [
        [77, 4608], // 27B's row is more than the least workgroup memory
        [8, 32],
      ] as const) {
        expect(await error(weightFormats.q4_0, [rows, columns], { features, constants, offset: 3 })).toBeLessThan(
          1e-11,
        );
      }
    });
  },
);
