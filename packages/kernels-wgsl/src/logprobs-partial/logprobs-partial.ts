import type { Cost, KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './logprobs-partial.wgsl.ts';

const constants = { WORKGROUP: 256, BLOCK: 4096 };

/** How many partials {@link logprobsPartial} writes for `width` logits. Each takes 8 * (1 + top) bytes. */
export const logprobsPartials = (width: number): number => Math.ceil(width / constants.BLOCK);

/** Of every block of the vocabulary, the sum of exponentials and the largest logits: first of two dispatches. */
export const logprobsPartial: KernelSpec<Params, Binding> = {
  name: 'logprobs-partial',
  source,
  flags,
  layout,
  bindings,
  constants,
  workgroups: ({ width }, { BLOCK = constants.BLOCK }) => [Math.ceil(width / BLOCK)],
};

export const logprobsPartialCost = ({ width, top }: Params): Cost => ({ bytes: 4 * width, flops: (2 + top) * width });
