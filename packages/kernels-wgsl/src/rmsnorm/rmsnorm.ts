import type { Cost, KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './rmsnorm.wgsl.ts';

/** y = x / rms(x) * (1 + weight), one workgroup a row. Rows are `pitch` elements apart. */
export const rmsnorm: KernelSpec<Params, Binding> = {
  name: 'rmsnorm',
  source,
  flags,
  layout,
  bindings,
  constants: { WORKGROUP: 128 },
  tune: ({ isFallbackAdapter }) => (isFallbackAdapter ? { WORKGROUP: 32 } : {}), // as residual-norms
  workgroups: ({ rows }) => [rows],
};

export const rmsnormCost = ({ rows, width }: Params): Cost => ({
  bytes: 4 * width * (2 * rows + 1),
  flops: 4 * rows * width,
});

/** The definition, in f64. `x` is [rows, pitch]; columns past `width` stay as they are (0). */
export function rmsnormReference(x: ArrayLike<number>, weight: ArrayLike<number>, params: Params): Float64Array {
  const { rows, width, pitch, epsilon } = params;
  const y = new Float64Array(rows * pitch);
  for (let row = 0; row < rows; row++) {
    let squares = 0;
    for (let c = 0; c < width; c++) squares += x[row * pitch + c]! ** 2;
    const scale = 1 / Math.sqrt(squares / width + epsilon);
    for (let c = 0; c < width; c++) y[row * pitch + c] = x[row * pitch + c]! * scale * (1 + weight[c]!);
  }
  return y;
}
