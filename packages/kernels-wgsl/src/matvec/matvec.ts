import type { Cost, KernelSpec } from '../kernel.ts';
import type { WeightFormat } from '../weights/weight-format.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './matvec.wgsl.ts';

/** y = W x for one part of a packed matrix and one row of x: what decoding a token is made of. */
export const matvec: KernelSpec<Params, Binding> = {
  name: 'matvec',
  source,
  flags,
  layout,
  bindings,
  constants: { WORKGROUP: 128, ROWS: 8, SHARED: 0, TURNS: 1 },
  // A software adapter gains nothing from invocations that share a row: its lanes are the 8 rows of a panel, and a read
  // of x is dear, so it serves two panels, and is shared where subgroups have eight lanes.
  tune: ({ isFallbackAdapter, subgroupMinSize = 0 }) =>
    isFallbackAdapter ? { WORKGROUP: 8, ROWS: 16, SHARED: subgroupMinSize < 8 ? 0 : 1, TURNS: 1 } : {},
  candidates: [
    { WORKGROUP: 128, ROWS: 8, SHARED: 0, TURNS: 1 },
    { WORKGROUP: 64, ROWS: 8, SHARED: 0, TURNS: 1 },
    { WORKGROUP: 256, ROWS: 8, SHARED: 0, TURNS: 1 },
    { WORKGROUP: 64, ROWS: 16, SHARED: 0, TURNS: 1 },
    { WORKGROUP: 128, ROWS: 16, SHARED: 0, TURNS: 1 },
    { WORKGROUP: 128, ROWS: 8, SHARED: 0, TURNS: 2 },
    { WORKGROUP: 256, ROWS: 8, SHARED: 0, TURNS: 2 },
    { WORKGROUP: 128, ROWS: 8, SHARED: 1, TURNS: 1 },
    { WORKGROUP: 128, ROWS: 16, SHARED: 1, TURNS: 1 },
    { WORKGROUP: 8, ROWS: 16, SHARED: 0, TURNS: 1 },
    { WORKGROUP: 8, ROWS: 16, SHARED: 1, TURNS: 1 },
  ],
  workgroups: ({ rows }, { ROWS }) => [Math.ceil(rows / ROWS!)],
};

export const matvecCost = ({ rows, columns }: Params, format: WeightFormat): Cost => ({
  bytes: rows * columns * ((format.weightBytes + format.scaleBytes) / format.unitColumns) + 4 * (rows + columns),
  flops: 2 * rows * columns,
});

/** The definition, in f64. `weights` is [rows, columns]. Returns y [offset + rows], zero before `offset`. */
export function matvecReference(x: ArrayLike<number>, weights: ArrayLike<number>, params: Params): Float64Array {
  const { columns, rows, offset } = params;
  const y = new Float64Array(offset + rows);
  for (let n = 0; n < rows; n++) {
    let sum = 0;
    for (let k = 0; k < columns; k++) sum += weights[n * columns + k]! * x[k]!;
    y[offset + n] = sum;
  }
  return y;
}
