import type { Cost, KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './sample-gather.wgsl.ts';

/** The tokens near a cut or the draw: third of four dispatches, see `sample`. */
export const sampleGather: KernelSpec<Params, Binding> = {
  name: 'sample-gather',
  source,
  flags,
  layout,
  bindings,
  constants: {},
  workgroups: ({ width }) => [Math.ceil(width / 8192)],
};

export const sampleGatherCost = ({ width }: Params): Cost => ({ bytes: 4 * width, flops: 2 * width });
