import type { KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './matmul-subgroup-matrix.wgsl.ts';

/**
 * {@link matmul} by the instructions that an adapter has for products of small matrices (`Features.subgroupMatrix`), with
 * the same parameters, cost and definition.
 */
export const matmulSubgroupMatrix: KernelSpec<Params, Binding> = {
  name: 'matmul-subgroup-matrix',
  source,
  flags,
  layout,
  bindings,
  constants: { WORKGROUP: 256 },
  // Eight subgroups of the size that is most likely: 32, where the adapter may choose.
  tune: ({ subgroupMinSize = 4, subgroupMaxSize = 128 }) => {
    const size = Math.min(Math.max(32, subgroupMinSize), subgroupMaxSize);
    return { WORKGROUP: Math.min(256, Math.max(8 * size, subgroupMaxSize)) };
  },
  // Batch first: workgroups that run at the same time read the same weights.
  workgroups: ({ batch, rows }) => [Math.ceil(batch / 64), Math.ceil(rows / 64)],
};
