import { gelu } from '../geglu/geglu.ts';
import type { Cost, KernelSpec } from '../kernel.ts';
import { matvec, matvecReference } from '../matvec/matvec.ts';
import { PANEL, type WeightFormat } from '../weights/weight-format.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './gated-matvec.wgsl.ts';

/**
 * y = gelu(Wgate x) * (Wup x) for one part of a packed matrix in which 8 rows of Wgate and 8 of Wup lie in turn, and one
 * row of x: the first half of decoding a token's feed-forward.
 */
export const gatedMatvec: KernelSpec<Params, Binding> = {
  name: 'gated-matvec',
  source,
  flags,
  layout,
  bindings,
  constants: { WORKGROUP: 128, ROWS: 16, SHARED: 0, TURNS: 1 },
  tune: matvec.tune!,
  candidates: [
    { WORKGROUP: 128, ROWS: 16, SHARED: 0, TURNS: 1 },
    { WORKGROUP: 64, ROWS: 16, SHARED: 0, TURNS: 1 },
    { WORKGROUP: 256, ROWS: 16, SHARED: 0, TURNS: 1 },
    { WORKGROUP: 128, ROWS: 32, SHARED: 0, TURNS: 1 },
    { WORKGROUP: 128, ROWS: 16, SHARED: 0, TURNS: 2 },
    { WORKGROUP: 256, ROWS: 16, SHARED: 0, TURNS: 2 },
    { WORKGROUP: 128, ROWS: 16, SHARED: 1, TURNS: 1 },
    { WORKGROUP: 8, ROWS: 16, SHARED: 0, TURNS: 1 },
    { WORKGROUP: 8, ROWS: 16, SHARED: 1, TURNS: 1 },
  ],
  workgroups: ({ rows }, { ROWS }) => [Math.ceil(rows / ROWS!)],
};

export const gatedMatvecCost = ({ rows, columns }: Params, format: WeightFormat): Cost => ({
  bytes: rows * columns * ((format.weightBytes + format.scaleBytes) / format.unitColumns) + 4 * (rows / 2 + columns),
  flops: 2 * rows * columns,
});

/** The definition, in f64. `weights` is [rows, columns] as it lies. Returns y [offset + rows / 2], zero before `offset`. */
export function gatedMatvecReference(x: ArrayLike<number>, weights: ArrayLike<number>, params: Params): Float64Array {
  const { rows, offset } = params;
  const products = matvecReference(x, weights, { ...params, offset: 0 });
  const y = new Float64Array(offset + rows / 2);
  for (let n = 0; n < rows / 2; n++) {
    const gate = Math.floor(n / PANEL) * 2 * PANEL + (n % PANEL);
    y[offset + n] = gelu(products[gate]!) * products[gate + PANEL]!;
  }
  return y;
}
