import type { Cost, KernelSpec } from '../kernel.ts';
import { rmsnormReference } from '../rmsnorm/rmsnorm.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './residual-norms.wgsl.ts';

/** x += rmsnorm(update, postWeight), then y = rmsnorm(x, nextWeight), one workgroup a row. */
export const residualNorms: KernelSpec<Params, Binding> = {
  name: 'residual-norms',
  source,
  flags,
  layout,
  bindings,
  constants: { WORKGROUP: 256 },
  // A software adapter has no more than eight lanes, and what keeps apart those it makes up costs more than they do.
  tune: ({ isFallbackAdapter }) => (isFallbackAdapter ? { WORKGROUP: 32 } : {}),
  workgroups: ({ rows }) => [rows],
};

export const residualNormsCost = ({ rows, width }: Params): Cost => ({
  bytes: 4 * width * (4 * rows + 2),
  flops: 10 * rows * width,
});

/** The definition, in f64. `x` and `update` are [rows, pitch], the weights [width]. */
export function residualNormsReference(
  x: ArrayLike<number>,
  update: ArrayLike<number>,
  postWeight: ArrayLike<number>,
  nextWeight: ArrayLike<number>,
  params: Params,
): { readonly x: Float64Array; readonly y: Float64Array } {
  const normed = rmsnormReference(update, postWeight, params);
  const sum = normed.map((value, i) => x[i]! + value);
  return { x: sum, y: rmsnormReference(sum, nextWeight, params) };
}
