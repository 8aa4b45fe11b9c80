import type { Cost, KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './softcap.wgsl.ts';

/** x = cap * tanh(x / cap) in place, one invocation an element. Rows are `pitch` elements apart. */
export const softcap: KernelSpec<Params, Binding> = {
  name: 'softcap',
  source,
  flags,
  layout,
  bindings,
  constants: { WORKGROUP: 128 },
  workgroups: ({ rows, width }, { WORKGROUP }) => [Math.ceil(width / WORKGROUP!), rows],
};

export const softcapCost = ({ rows, width }: Params): Cost => ({ bytes: 8 * rows * width, flops: 10 * rows * width });

/** The definition, in f64. `x` is [rows, pitch]; columns past `width` stay as they are. */
export function softcapReference(x: ArrayLike<number>, { rows, width, pitch, cap }: Params): Float64Array {
  const y = Float64Array.from(x);
  for (let row = 0; row < rows; row++) {
    for (let i = row * pitch; i < row * pitch + width; i++) y[i] = cap * Math.tanh(x[i]! / cap);
  }
  return y;
}
