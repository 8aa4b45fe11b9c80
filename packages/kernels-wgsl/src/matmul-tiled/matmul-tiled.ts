import type { KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './matmul-tiled.wgsl.ts';

/**
 * {@link matmul} by way of workgroup memory, with the same parameters, cost and definition: what suits adapters that have
 * such memory in hardware. On those that have not it is the slower one.
 */
export const matmulTiled: KernelSpec<Params, Binding> = {
  name: 'matmul-tiled',
  source,
  flags,
  layout,
  bindings,
  constants: {},
  // Batch first: workgroups that run at the same time read the same weights.
  workgroups: ({ batch, rows }) => [Math.ceil(batch / 64), Math.ceil(rows / 64)],
};
