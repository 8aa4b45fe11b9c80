import { describe, expect, it } from 'vitest';
import { multiplyRowError, testGpu, variantName, variantsOf } from '../testing/index.ts';
import type { WeightFormat } from '../weights/weight-format.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { gatedMatvec, gatedMatvecReference } from './gated-matvec.ts';

const variants = variantsOf(gatedMatvec, (await testGpu()).features);

const error = (
  format: WeightFormat,
  shape: readonly [number, number],
  { features = variants.at(-1)!, ...options } = {},
) => multiplyRowError(gatedMatvec, gatedMatvecReference, format, shape, features, options);

const formats = Object.values(weightFormats).map((format) => [format.name, format] as const);

describe.each(formats)('gated-matvec, %s', (_, format) => {
  it.each([
    [16, format.blockColumns], // the smallest
    [48, 1025 - (1025 % format.blockColumns)], // columns past a group where the encoding has them
    [1040, 2304], // 2B
  ])('matches the definition at [%i, %i]', async (rows, columns) => {
    expect(await error(format, [rows, columns])).toBeLessThan(rows === 16 ? 1e-8 : 1e-11);
  });
});

// Whatever a tuner may choose computes the same.
describe.each(variants.map((features) => [variantName(features), features] as const))(
  'gated-matvec, %s',
  (_, features) => {
    it.each([
      ...gatedMatvec.candidates!,
      { WORKGROUP: 8, ROWS: 32, SHARED: 1, TURNS: 1 }, // one slice
      { WORKGROUP: 256, ROWS: 32, SHARED: 0, TURNS: 1 },
    ])('matches the definition with %o', async (constants) => {
      for (const [rows, columns] of [
        [80, 2304], // the last workgroup of 32 rows has half its panels
        [16, 32],
      ] as const) {
        const options = { features, constants, offset: 3 };
        expect(await error(weightFormats.q4_0, [rows, columns], options)).toBeLessThan(1e-11);
      }
    });
  },
);
