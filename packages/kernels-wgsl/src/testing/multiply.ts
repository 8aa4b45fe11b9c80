import { pitchOf } from '../activation.ts';
import type { Features } from '../kernel.ts';
import { type matmul, matmulReference } from '../matmul/matmul.ts';
import type { matvec, matvecReference } from '../matvec/matvec.ts';
import type { normedMatvec, normedMatvecReference } from '../normed-matvec/normed-matvec.ts';
import type { WeightFormat } from '../weights/weight-format.ts';
import { runKernel } from './gpu.ts';
import { packMatrix, randomMatrix } from './matrices.ts';
import { nmse } from './nmse.ts';
import { randomNormal, randomRows } from './random.ts';

/**
 * Multiplies random rows of x by a random matrix, `live` of them being so: what a kernel with matmul's parameters gives,
 * and what it should.
 */
export async function multiplyRows(
  spec: typeof matmul,
  features: Features,
  format: WeightFormat,
  [batch, rows, columns]: readonly [number, number, number],
  { live = batch, offset = 0, deviation = 30, constants = {}, magnitudeOf = (_row: number): number => 1 } = {},
) {
  const bytes = randomMatrix(format, 1, rows, columns);
  const { weights, scales } = packMatrix(format, bytes, rows, columns);
  const x = randomRows(2, batch, columns, pitchOf(columns), deviation).map(
    (value, i) => value * magnitudeOf(Math.floor(i / pitchOf(columns))),
  );
  const params = { batch, columns, rows, offset, pitch: pitchOf(rows + offset) };
  const y = new Float32Array(batch * params.pitch);
  const buffers = { step: Uint32Array.of(9, live, 0, 0), x, weights, scales, y };
  const result = await runKernel(spec, { features, weights: format, constants }, buffers, params);
  const expected = matmulReference(x, format.dequantize(bytes, rows * columns), params);
  return { y: result.y, expected, pitch: params.pitch };
}

/** NMSE of what a kernel with matvec's parameters makes of a random matrix and row, against its definition. */
export async function multiplyRowError(
  spec: typeof matvec,
  reference: typeof matvecReference,
  format: WeightFormat,
  [rows, columns]: readonly [number, number],
  features: Features,
  { offset = 0, deviation = 1, constants = {} } = {},
): Promise<number> {
  const bytes = randomMatrix(format, 1, rows, columns);
  const { weights, scales } = packMatrix(format, bytes, rows, columns);
  const x = randomRows(2, 1, columns, pitchOf(columns), deviation);
  const params = { columns, rows, offset };
  const expected = reference(x, format.dequantize(bytes, rows * columns), params);
  const buffers = { x, weights, scales, y: new Float32Array(expected.length) };
  const { y } = await runKernel(spec, { features, weights: format, constants }, buffers, params);
  return nmse(y, expected);
}

/** The same of a kernel with normed-matvec's parameters: the larger NMSE of its products and its residual stream. */
export async function multiplyNormedError(
  spec: typeof normedMatvec,
  reference: typeof normedMatvecReference,
  format: WeightFormat,
  [rows, columns]: readonly [number, number],
  features: Features,
  { offset = 0, constants = {} } = {},
): Promise<number> {
  const bytes = randomMatrix(format, 1, rows, columns);
  const { weights, scales } = packMatrix(format, bytes, rows, columns);
  const row = {
    x: randomRows(2, 1, columns, pitchOf(columns), 100),
    update: randomRows(3, 1, columns, pitchOf(columns), 0.01),
    postWeight: randomNormal(4, columns, 10),
    nextWeight: randomNormal(5, columns, 0.5),
  };
  const params = { columns, rows, offset, epsilon: 1e-6 };
  const expected = reference(row, format.dequantize(bytes, rows * columns), params);
  const buffers = {
    ...row,
    ...{ weights, scales },
    residual: new Float32Array(row.x.length),
    y: new Float32Array(expected.y.length),
  };
  const { y, residual } = await runKernel(spec, { features, weights: format, constants }, buffers, params);
  return Math.max(nmse(y, expected.y), nmse(residual, expected.residual));
}
