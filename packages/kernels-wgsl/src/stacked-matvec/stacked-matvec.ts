import { source as panelDots } from '../common/panel-dots.wgsl.ts';
import type { Cost, KernelSpec } from '../kernel.ts';
import { matvec, matvecCost, matvecReference } from '../matvec/matvec.ts';
import { renamed } from '../weights/renamed.ts';
import type { WeightFormat } from '../weights/weight-format.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './stacked-matvec.wgsl.ts';

/** What {@link matvec} computes, for two parts that lie one below the other, of one matrix or of two encodings, at once. */
export const stackedMatvec: KernelSpec<Params, Binding> = {
  name: 'stacked-matvec',
  source,
  flags,
  layout,
  bindings,
  weightsText: (first, second) => `${first}${panelDots}${renamed(second + panelDots, 'B')}`,
  constants: matvec.constants,
  tune: matvec.tune!,
  workgroups: ({ rows, rowsB }, { ROWS }) => [Math.ceil(rows / ROWS!) + Math.ceil(rowsB / ROWS!)],
};

export const stackedMatvecCost = (
  { columns, rows, rowsB }: Params,
  first: WeightFormat,
  second: WeightFormat,
): Cost => {
  const [above, below] = [
    matvecCost({ columns, rows, offset: 0 }, first),
    matvecCost({ columns, rows: rowsB, offset: 0 }, second),
  ];
  // x is read once.
  return { bytes: above.bytes + below.bytes - 4 * columns, flops: above.flops + below.flops };
};

/** The definition, in f64. The matrices are [rows, columns] and [rowsB, columns]. Returns y [offset + rows + rowsB]. */
export function stackedMatvecReference(
  x: ArrayLike<number>,
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  { columns, rows, rowsB, offset }: Params,
): Float64Array {
  const y = matvecReference(x, second, { columns, rows: rowsB, offset: offset + rows });
  y.set(matvecReference(x, first, { columns, rows, offset }));
  return y;
}
