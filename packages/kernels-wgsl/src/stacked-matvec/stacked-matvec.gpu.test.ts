import { expect, it } from 'vitest';
import { pitchOf } from '../activation.ts';
import { nmse, packMatrix, randomMatrix, randomRows, runKernel, testGpu, variantsOf } from '../testing/index.ts';
import type { WeightFormat } from '../weights/weight-format.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { stackedMatvec, stackedMatvecReference } from './stacked-matvec.ts';

const variants = variantsOf(stackedMatvec, (await testGpu()).features);
const { f32, q4_0, q4_k, q5_k, q6_k } = weightFormats;

/** NMSE of the rows of each of the two, which have weights of their own. Before `offset` nothing may be written. */
async function errors(
  [first, second]: readonly [WeightFormat, WeightFormat],
  [rows, rowsB, columns]: readonly [number, number, number],
  { features = variants.at(-1)!, offset = 0, constants = {} } = {},
): Promise<number[]> {
  const bytes = randomMatrix(first, 1, rows, columns);
  const bytesB = randomMatrix(second, 2, rowsB, columns);
  const { weights, scales } = packMatrix(first, bytes, rows, columns);
  const { weights: weightsB, scales: scalesB } = packMatrix(second, bytesB, rowsB, columns);
  const x = randomRows(3, 1, columns, pitchOf(columns), 3);
  const params = { columns, rows, rowsB, offset };
  const buffers = { x, weights, scales, weightsB, scalesB, y: new Float32Array(offset + rows + rowsB).fill(-1) };
  const options = { features, weights: first, secondWeights: second, constants };
  const { y } = await runKernel(stackedMatvec, options, buffers, params);
  const [w, v] = [first.dequantize(bytes, rows * columns), second.dequantize(bytesB, rowsB * columns)];
  const expected = stackedMatvecReference(x, w, v, params);
  expect(y.subarray(0, offset)).toEqual(new Float32Array(offset).fill(-1));
  const rowsOf = (of: Float32Array | Float64Array) => [of.subarray(offset, offset + rows), of.subarray(offset + rows)];
  return rowsOf(y as Float32Array).map((part, i) => nmse(part, rowsOf(expected)[i]!));
}

const formats = Object.values(weightFormats);
const neighbours = formats.map((format, i) => [format, formats[(i + 1) % formats.length]!] as const);

// Every encoding above and below another one: the code of each must stay apart from the other's.
it.each(neighbours.map((pair) => [pair[0].name, pair[1].name, pair] as const))(
  'stacked-matvec matches the definition for %s and %s',
  async (_, _below, pair) => {
    // Rows of either that are no whole panel or workgroup.
    for (const error of await errors(pair, [40, 21, 512])) expect(error).toBeLessThan(1e-11);
  },
);

it.each([
  [[8, 1, 256]], // the smallest
  [[8, 257, 2304]], // more below than above
  [[1032, 7, 2304]],
  [[13, 8, 9216]], // a first that ends within a panel; the longest sum of 2B
] as const)('stacked-matvec matches the definition at %o', async (shape) => {
  for (const pair of [[q4_k, q6_k] as const, [q5_k, q4_k] as const]) {
    for (const error of await errors(pair, shape, { offset: 3 })) expect(error).toBeLessThan(1e-8);
  }
});

it('stacked-matvec takes two of one encoding', async () => {
  for (const error of await errors([q4_0, q4_0], [61, 24, 2304])) expect(error).toBeLessThan(1e-8);
});

it('stacked-matvec takes columns that are no whole group', async () => {
  for (const error of await errors([f32, f32], [9, 10, 33])) expect(error).toBeLessThan(1e-11);
});

// Whatever a tuner may choose for the parts computes the same.
it.each([
  stackedMatvec.constants,
  { WORKGROUP: 8, ROWS: 8, SHARED: 0, TURNS: 1 }, // one slice
  { WORKGROUP: 8, ROWS: 32, SHARED: 1, TURNS: 1 }, // one slice, the most panels
  { WORKGROUP: 256, ROWS: 16, SHARED: 1, TURNS: 1 },
  { WORKGROUP: 16, ROWS: 24, SHARED: 0, TURNS: 1 }, // more panels than slices
])('stacked-matvec matches the definition with %o', async (constants) => {
  for (const shape of [[61, 24, 2304] as const, [8, 5, 256] as const]) {
    for (const features of variants) {
      const options = { features, constants };
      for (const error of await errors([q4_k, q6_k], shape, options)) expect(error).toBeLessThan(1e-8);
    }
  }
});
