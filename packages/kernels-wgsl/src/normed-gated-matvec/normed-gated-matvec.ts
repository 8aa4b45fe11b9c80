import { gatedMatvecCost, gatedMatvecReference } from '../gated-matvec/gated-matvec.ts';
import type { Cost, KernelSpec } from '../kernel.ts';
import { type NormedRow, normedMatvec, normedMatvecReference } from '../normed-matvec/normed-matvec.ts';
import type { WeightFormat } from '../weights/weight-format.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './normed-gated-matvec.wgsl.ts';

/** The sandwich and the first half of the feed-forward, residual-norms and gated-matvec in one dispatch. */
export const normedGatedMatvec: KernelSpec<Params, Binding> = {
  name: 'normed-gated-matvec',
  source,
  flags,
  layout,
  bindings,
  constants: normedMatvec.constants,
  tune: normedMatvec.tune!,
  candidates: normedMatvec.candidates!,
  workgroups: normedMatvec.workgroups,
};

export const normedGatedMatvecCost = (params: Params, format: WeightFormat): Cost => {
  const { bytes, flops } = gatedMatvecCost(params, format);
  return { bytes: bytes + 16 * params.columns, flops: flops + 10 * params.columns };
};

/** The definition, in f64. `weights` is [rows, columns] as it lies. */
export const normedGatedMatvecReference = (row: NormedRow, weights: ArrayLike<number>, params: Params) =>
  normedMatvecReference(row, weights, params, gatedMatvecReference);
