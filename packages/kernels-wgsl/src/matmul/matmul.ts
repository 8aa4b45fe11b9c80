import { pitchOf } from '../activation.ts';
import type { Cost, KernelSpec } from '../kernel.ts';
import type { WeightFormat } from '../weights/weight-format.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './matmul.wgsl.ts';

/** y = x W^T for one part of a packed matrix and a batch of rows of x: what prefill is made of. */
export const matmul: KernelSpec<Params, Binding> = {
  name: 'matmul',
  source,
  flags,
  layout,
  bindings,
  constants: { WORKGROUP: 64 },
  // Eight rows are a software adapter's lanes, and small workgroups share out evenly among few cores.
  tune: ({ isFallbackAdapter }) => (isFallbackAdapter ? { WORKGROUP: 8 } : {}),
  // Batch first: workgroups that run at the same time read the same weights.
  workgroups: ({ batch, rows }, { WORKGROUP }) => [Math.ceil(batch / 16), Math.ceil(rows / (4 * WORKGROUP!))],
};

export const matmulCost = ({ batch, rows, columns }: Params, format: WeightFormat): Cost => ({
  bytes:
    rows * columns * ((format.weightBytes + format.scaleBytes) / format.unitColumns) + 4 * batch * (rows + columns),
  flops: 2 * batch * rows * columns,
});

/** The definition, in f64. `x` is [batch, pitchOf(columns)], `weights` [rows, columns]; returns y [batch, pitch]. */
export function matmulReference(x: ArrayLike<number>, weights: ArrayLike<number>, params: Params): Float64Array {
  const { batch, columns, rows, offset, pitch } = params;
  const xPitch = pitchOf(columns);
  const y = new Float64Array(batch * pitch);
  for (let b = 0; b < batch; b++) {
    for (let n = 0; n < rows; n++) {
      let sum = 0;
      for (let k = 0; k < columns; k++) sum += weights[n * columns + k]! * x[b * xPitch + k]!;
      y[b * pitch + offset + n] = sum;
    }
  }
  return y;
}
