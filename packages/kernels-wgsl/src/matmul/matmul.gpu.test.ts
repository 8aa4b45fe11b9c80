import { describe, expect, it } from 'vitest';
import { pitchOf } from '../activation.ts';
import {
  nmse,
  packMatrix,
  randomMatrix,
  randomRows,
  runKernel,
  testGpu,
  variantName,
  variantsOf,
} from '../testing/index.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { matmul, matmulReference } from './matmul.ts';

const gpu = await testGpu();
const variants = variantsOf(matmul, gpu.features).map((features) => [variantName(features), features] as const);
const formats = Object.values(weightFormats).map((format) => [format.name, format] as const);

describe.each(variants)('matmul, %s', (_, features) => {
  // Halves carry 11 bits: two factors rounded to them leave 1.6e-7 of the power as error.
  const limit = features.f16 ? 1e-6 : 1e-11;

  describe.each(formats)('%s', (_, format) => {
    const block = format.blockColumns;
    it.each([
      [1, 1, block], // the smallest
      [2, 33, 1025 - (1025 % block)], // columns past a group where the encoding has them
      [7, 65, 9216 / 4], // one past a tile of W
      [33, 31, 1024],
      [64, 64, 512], // exactly a tile
      [65, 129, 512], // one past it
      [130, 8, 256],
    ])('matches the definition at batch %i of [%i, %i]', async (batch, rows, columns) => {
      const bytes = randomMatrix(format, 1, rows, columns);
      const { weights, scales } = packMatrix(format, bytes, rows, columns);
      const x = randomRows(2, batch, columns, pitchOf(columns), 3);
      const params = { batch, columns, rows, offset: 5, pitch: pitchOf(rows + 5) };
      const buffers = {
        step: Uint32Array.of(0, batch, 0, 0),
        x,
        weights,
        scales,
        y: new Float32Array(batch * params.pitch),
      };
      const { y } = await runKernel(matmul, { features, weights: format }, buffers, params);
      expect(nmse(y, matmulReference(x, format.dequantize(bytes, rows * columns), params))).toBeLessThan(limit);
    });
  });

  it('keeps the error of the longest sum within the limit', async () => {
    const [batch, rows, columns] = [3, 40, 9216];
    const format = weightFormats.q8_0;
    const bytes = randomMatrix(format, 3, rows, columns);
    const { weights, scales } = packMatrix(format, bytes, rows, columns);
    const x = randomRows(4, batch, columns, columns, 30);
    const params = { batch, columns, rows, offset: 0, pitch: 64 };
    const buffers = { step: Uint32Array.of(0, batch, 0, 0), x, weights, scales, y: new Float32Array(batch * 64) };
    const { y } = await runKernel(matmul, { features, weights: format }, buffers, params);
    expect(nmse(y, matmulReference(x, format.dequantize(bytes, rows * columns), params))).toBeLessThan(limit);
  });

  it('computes the live rows of a chunk that is not full', async () => {
    const [batch, live, rows, columns] = [200, 70, 16, 64];
    const format = weightFormats.f32;
    const bytes = randomMatrix(format, 5, rows, columns);
    const { weights, scales } = packMatrix(format, bytes, rows, columns);
    const x = randomRows(6, batch, columns, columns);
    const params = { batch, columns, rows, offset: 0, pitch: 32 };
    const buffers = { step: Uint32Array.of(9, live, 0, 0), x, weights, scales, y: new Float32Array(batch * 32) };
    const { y } = await runKernel(matmul, { features, weights: format }, buffers, params);
    const expected = matmulReference(x, format.dequantize(bytes, rows * columns), params);
    expect(nmse(y.subarray(0, live * 32), expected.subarray(0, live * 32))).toBeLessThan(limit);
    // Whole tiles past the live rows are not computed.
    expect(y.subarray(128 * 32).every((value) => value === 0)).toBe(true);
  });
});
