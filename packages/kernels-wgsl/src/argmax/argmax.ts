import type { Cost, KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './argmax.wgsl.ts';

/** What `generated` gets when no logit can be chosen because every one is NaN or -Infinity. */
export const noToken = 0xffff_ffff;

/**
 * Greedy choice: the id of the largest logit becomes the token of the step and the input of the next one. Second of two
 * dispatches; `count` is `argmaxPartials(width)`, `ring` the length of `generated`.
 */
export const argmax: KernelSpec<Params, Binding> = {
  name: 'argmax',
  source,
  flags,
  layout,
  bindings,
  constants: { WORKGROUP: 256 },
  workgroups: () => [1],
};

export const argmaxCost = ({ count }: Params): Cost => ({ bytes: 8 * count, flops: count });

/** The definition of both dispatches together: lowest id of the largest logit, {@link noToken} if there is none. */
export function argmaxReference(logits: ArrayLike<number>): number {
  let best = noToken;
  for (let id = 0; id < logits.length; id++) {
    if (logits[id]! > (logits[best] ?? -Infinity)) best = id;
  }
  return best;
}
