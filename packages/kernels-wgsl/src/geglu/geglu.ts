import type { Cost, KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './geglu.wgsl.ts';

/** y = gelu(gate) * up with the tanh form of gelu, one invocation an element of [rows, width]. */
export const geglu: KernelSpec<Params, Binding> = {
  name: 'geglu',
  source,
  flags,
  layout,
  bindings,
  constants: { WORKGROUP: 128 },
  workgroups: ({ rows, width }, { WORKGROUP }) => [Math.ceil(width / WORKGROUP!), rows],
};

export const gegluCost = ({ rows, width }: Params): Cost => ({ bytes: 12 * rows * width, flops: 20 * rows * width });

/** x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) */
export const gelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

/** The definition, in f64. `gateUp` is [rows, inputPitch], the result [rows, pitch] with zeros past `width`. */
export function gegluReference(gateUp: ArrayLike<number>, params: Params): Float64Array {
  const { rows, width, inputPitch, run, stride, upOffset, pitch } = params;
  const y = new Float64Array(rows * pitch);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < width; c++) {
      const gate = row * inputPitch + Math.floor(c / run) * stride + (c % run);
      y[row * pitch + c] = gelu(gateUp[gate]!) * gateUp[gate + upOffset]!;
    }
  }
  return y;
}
