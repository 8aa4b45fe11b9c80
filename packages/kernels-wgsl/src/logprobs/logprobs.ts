import type { Cost, KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './logprobs.wgsl.ts';

/** ln of the probability of a token at temperature 1, before any bias or penalty. */
export type Logprob = { readonly id: number; readonly logprob: number };
export type TokenLogprobs = { readonly chosen: Logprob; readonly top: readonly Logprob[] };

/**
 * Log-probabilities of the chosen token and of the `top` most likely ones: second of two dispatches, after `sample` or
 * `argmax`. `blocks` is `logprobsPartials(width)`.
 */
export const logprobs: KernelSpec<Params, Binding> = {
  name: 'logprobs',
  source,
  flags,
  layout,
  bindings,
  constants: { WORKGROUP: 256 },
  workgroups: () => [1],
};

export const logprobsCost = ({ blocks, top }: Params): Cost => ({
  bytes: 8 * blocks * (1 + top),
  flops: blocks * (1 + top),
});

/** Bytes of one slot of the `logprobs` buffer. */
export const logprobsBytes = (top: number): number => 8 * (1 + top);

/** One slot of the `logprobs` buffer. `top` is shorter than asked when fewer logits are numbers. */
export function readLogprobs(slot: Uint32Array<ArrayBuffer>): TokenLogprobs {
  const floats = new Float32Array(slot.buffer, slot.byteOffset, slot.length);
  const pairs = Array.from({ length: slot.length / 2 }, (_, i) => ({ id: slot[2 * i]!, logprob: floats[2 * i + 1]! }));
  const [chosen, ...top] = pairs;
  return { chosen: chosen!, top: top.filter(({ id }) => id !== noId) };
}

const noId = 0xffff_ffff;

/** The definition of both dispatches together, in f64. Equal tokens are in the order of their ids. */
export function logprobsReference(logits: ArrayLike<number>, chosen: number, top: number): TokenLogprobs {
  const tokens = Array.from(logits, (logit, id) => ({ id, logit })).filter(({ logit }) => logit > -Infinity);
  tokens.sort((a, b) => b.logit - a.logit || a.id - b.id);
  const largest = tokens[0]?.logit ?? 0;
  const total = largest + Math.log(tokens.reduce((sum, { logit }) => sum + Math.exp(logit - largest), 0));
  return {
    chosen: { id: chosen, logprob: logits[chosen]! - total },
    top: tokens.slice(0, top).map(({ id, logit }) => ({ id, logprob: logit - total })),
  };
}
