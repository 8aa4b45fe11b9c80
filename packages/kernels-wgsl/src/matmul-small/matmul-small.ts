import type { KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './matmul-small.wgsl.ts';

/**
 * y = x W^T for one part of a packed matrix and at most 8 rows of x, which costs little more than for one: what checking
 * guessed tokens is made of, and short prompts. Parameters, cost and definition are matmul's.
 */
export const matmulSmall: KernelSpec<Params, Binding> = {
  name: 'matmul-small',
  source,
  flags,
  layout,
  bindings,
  constants: { WORKGROUP: 128 },
  // As for matvec, a software adapter gains nothing from slices.
  tune: ({ isFallbackAdapter }) => (isFallbackAdapter ? { WORKGROUP: 8 } : {}),
  workgroups: ({ rows }) => [Math.ceil(rows / 32)],
};

/** The most rows of x that {@link matmulSmall} takes. */
export const smallBatch = 8;
