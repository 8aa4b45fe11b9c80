import type { Cost, KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './argmax-partial.wgsl.ts';

const constants = { WORKGROUP: 256, BLOCK: 2048 };

/** How many partials {@link argmaxPartial} writes for `width` logits. Each takes 8 bytes: its key and its id. */
export const argmaxPartials = (width: number): number => Math.ceil(width / constants.BLOCK);

/** The largest logit of every block of the vocabulary: first of two dispatches, see `argmax`. */
export const argmaxPartial: KernelSpec<Params, Binding> = {
  name: 'argmax-partial',
  source,
  flags,
  layout,
  bindings,
  constants,
  workgroups: ({ width }, { BLOCK = constants.BLOCK }) => [Math.ceil(width / BLOCK)],
};

export const argmaxPartialCost = ({ width }: Params): Cost => ({ bytes: 4 * width, flops: width });

/** Largest order key and its lowest id, a pair for every block: the definition, in integers of the f32 bits. */
export function argmaxPartialReference(logits: Float32Array, { width }: Params): Uint32Array<ArrayBuffer> {
  const bits = new Uint32Array(logits.buffer, logits.byteOffset, logits.length);
  const partials = new Uint32Array(2 * argmaxPartials(width));
  for (let id = width - 1; id >= 0; id--) {
    const block = Math.floor(id / constants.BLOCK);
    const key = orderKey(logits[id]!, bits[id]!);
    if (key >= partials[2 * block]!) partials.set([key, key === 0 ? noId : id], 2 * block);
  }
  return partials;
}

const noId = 0xffff_ffff;

function orderKey(value: number, bits: number): number {
  if (Number.isNaN(value) || value === -Infinity) return 0;
  if (value === 0) return 0x8000_0000;
  return value > 0 ? (bits | 0x8000_0000) >>> 0 : ~bits >>> 0;
}
