import { describe, expect, it } from 'vitest';
import { multiplyRowError, testGpu, variantName, variantsOf } from '../testing/index.ts';
import type { WeightFormat } from '../weights/weight-format.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { matvec, matvecReference } from './matvec.ts';

const variants = variantsOf(matvec, (await testGpu()).features);

const error = (
  format: WeightFormat,
  shape: readonly [number, number],
  { features = variants.at(-1)!, ...options } = {},
) => multiplyRowError(matvec, matvecReference, format, shape, features, { deviation: 3, ...options });

const formats = Object.values(weightFormats).map((format) => [format.name, format] as const);

describe.each(formats)('matvec, %s', (_, format) => {
  const block = format.blockColumns;
  it.each([
    [1, block], // the smallest
    [33, 1025 - (1025 % block)], // one past a panel, and columns past a group where the encoding has them
    [1025, 2304], // rows past the last full workgroup
    [7, 9216], // an incomplete panel, the longest sum of 2B
  ])('matches the definition at [%i, %i]', async (rows, columns) => {
    // A single row may be a small difference of large sums.
    expect(await error(format, [rows, columns])).toBeLessThan(rows === 1 ? 1e-8 : 1e-11);
  });
});

// Whatever a tuner may choose computes the same.
describe.each(variants.map((features) => [variantName(features), features] as const))('matvec, %s', (_, features) => {
  it.each([
    matvec.constants, // what a GPU gets
    { WORKGROUP: 8, ROWS: 8, SHARED: 0, TURNS: 1 }, // one slice
    { WORKGROUP: 8, ROWS: 32, SHARED: 1, TURNS: 1 }, // one slice, the most panels
    { WORKGROUP: 256, ROWS: 16, SHARED: 1, TURNS: 1 },
    { WORKGROUP: 16, ROWS: 24, SHARED: 0, TURNS: 1 }, // more panels than slices
  ])('matches the definition with %o', async (constants) => {
    for (const [rows, columns] of [
      [61, 2304],
      [5, 32],
    ] as const) {
      const options = { features, constants, offset: 3 };
      expect(await error(weightFormats.q4_0, [rows, columns], options)).toBeLessThan(1e-11);
    }
  });
});
