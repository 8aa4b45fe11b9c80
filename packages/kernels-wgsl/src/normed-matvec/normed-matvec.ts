import type { Cost, KernelSpec } from '../kernel.ts';
import { type matvec, matvecCost, matvecReference } from '../matvec/matvec.ts';
import { residualNormsReference } from '../residual-norms/residual-norms.ts';
import type { WeightFormat } from '../weights/weight-format.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './normed-matvec.wgsl.ts';

/**
 * The sandwich between two sub-layers and the product that follows it, residual-norms and {@link matvec} in one dispatch:
 * worth it where a dispatch is dear beside what every workgroup then does of the norms.
 */
export const normedMatvec: KernelSpec<Params, Binding> = {
  name: 'normed-matvec',
  source,
  flags,
  layout,
  bindings,
  constants: { WORKGROUP: 128, ROWS: 16 },
  // Barriers among invocations that it makes up cost a software adapter most.
  tune: ({ isFallbackAdapter }) => (isFallbackAdapter ? { WORKGROUP: 8, ROWS: 32 } : {}),
  candidates: [
    { WORKGROUP: 128, ROWS: 16 },
    { WORKGROUP: 8, ROWS: 32 },
    { WORKGROUP: 256, ROWS: 16 },
    { WORKGROUP: 128, ROWS: 32 },
    { WORKGROUP: 256, ROWS: 32 },
  ],
  workgroups: ({ rows }, { ROWS }) => [Math.ceil(rows / ROWS!)],
};

export const normedMatvecCost = (params: Params, format: WeightFormat): Cost => {
  const { bytes, flops } = matvecCost(params, format);
  // The update and two weights besides x are read, and x is written.
  return { bytes: bytes + 16 * params.columns, flops: flops + 10 * params.columns };
};

/** What the kernel reads besides a matrix: `x` and `update` are [pitch of columns], the weights [columns]. */
export type NormedRow = Readonly<Record<'x' | 'update' | 'postWeight' | 'nextWeight', ArrayLike<number>>>;

/**
 * The definition, in f64. `weights` is [rows, columns].
 *
 * @param product what becomes of the normed row
 */
export function normedMatvecReference(
  { x, update, postWeight, nextWeight }: NormedRow,
  weights: ArrayLike<number>,
  params: Params,
  product: typeof matvecReference = matvecReference,
): { readonly residual: Float64Array; readonly y: Float64Array } {
  const { columns: width, epsilon } = params;
  const row = { rows: 1, width, pitch: x.length, epsilon };
  const normed = residualNormsReference(x, update, postWeight, nextWeight, row);
  return { residual: normed.x, y: product(normed.y, weights, params) };
}
