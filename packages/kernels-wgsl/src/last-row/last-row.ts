import type { Cost, KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './last-row.wgsl.ts';

/** y = x[step.rows - 1], so that only one row of a chunk goes through the head. */
export const lastRow: KernelSpec<Params, Binding> = {
  name: 'last-row',
  source,
  flags,
  layout,
  bindings,
  constants: { WORKGROUP: 128 },
  workgroups: ({ width }, { WORKGROUP }) => [Math.ceil(width / WORKGROUP!)],
};

export const lastRowCost = ({ width }: Params): Cost => ({ bytes: 8 * width, flops: 0 });
