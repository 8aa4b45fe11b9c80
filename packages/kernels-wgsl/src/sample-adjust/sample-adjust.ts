import type { Cost, KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './sample-adjust.wgsl.ts';

/** Logits after bias and penalties, and the largest of each block: first of four dispatches, see `sample`. */
export const sampleAdjust: KernelSpec<Params, Binding> = {
  name: 'sample-adjust',
  source,
  flags,
  layout,
  bindings,
  constants: {},
  workgroups: ({ width }) => [Math.ceil(width / 2048)],
};

export const sampleAdjustCost = ({ width }: Params): Cost => ({ bytes: 8 * width, flops: width });
