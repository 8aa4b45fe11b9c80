import { pitchOf } from '../activation.ts';
import type { Features } from '../kernel.ts';
import { type matmul, matmulReference } from '../matmul/matmul.ts';
import type { matvec, matvecReference } from '../matvec/matvec.ts';
import type { WeightFormat } from '../weights/weight-format.ts';
import { runKernel } from './gpu.ts';
import { packMatrix, randomMatrix } from './matrices.ts';
import { nmse } from './nmse.ts';
import { randomRows } from './random.ts';

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
