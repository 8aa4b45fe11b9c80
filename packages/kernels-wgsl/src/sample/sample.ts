import type { Cost, KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './sample.wgsl.ts';

/**
 * The drawn token becomes the token of the step and the input of the next one: last of four dispatches, which
 * {@link recordSample} records together. The definition is `sampleReference`.
 */
export const sample: KernelSpec<Params, Binding> = {
  name: 'sample',
  source,
  flags,
  layout,
  bindings,
  constants: {},
  workgroups: () => [1],
};

/** Of the histogram: how many candidates there are depends on the logits. */
export const sampleCost = (_: Params): Cost => ({ bytes: 2 * 4 * 1024, flops: 4 * 1024 });
