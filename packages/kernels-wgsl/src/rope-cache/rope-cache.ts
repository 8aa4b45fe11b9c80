import type { Cost, Features, KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './rope-cache.wgsl.ts';

/**
 * Rotates q in place by its position, and writes rotated k and plain v into the cache, f16 in the variant of that name:
 * values [kvHeads, capacity, headDim], keys in panels of eight, [kvHeads, capacity / 8, headDim / 4, 8, 4]. `headDim` is
 * a multiple of 4, `capacity` of 8; the row of `qkv` is q, k, v.
 */
export const ropeCache: KernelSpec<Params, Binding> = {
  name: 'rope-cache',
  source,
  flags,
  layout,
  bindings,
  constants: { WORKGROUP: 128 },
  workgroups: ({ rows, heads, kvHeads, headDim }, { WORKGROUP }) => [
    Math.ceil(((heads + 2 * kvHeads) * headDim) / 2 / WORKGROUP!),
    rows,
  ],
};

export const ropeCacheCost = ({ rows, heads, kvHeads, headDim }: Params, { f16 }: Features): Cost => ({
  bytes: rows * headDim * (4 + 8 * heads + 2 * kvHeads * (4 + (f16 ? 2 : 4))),
  flops: 3 * rows * headDim * (heads + kvHeads),
});

/** The definition, in f64, for `step` = (start, live rows). Gives new copies of what the kernel changes. */
export function ropeCacheReference(
  step: { readonly start: number; readonly rows: number },
  theta: number,
  qkv: ArrayLike<number>,
  keys: ArrayLike<number>,
  values: ArrayLike<number>,
  { heads, kvHeads, headDim, pitch, capacity }: Params,
): { readonly qkv: Float64Array; readonly keys: Float64Array; readonly values: Float64Array } {
  const after = { qkv: Float64Array.from(qkv), keys: Float64Array.from(keys), values: Float64Array.from(values) };
  const half = headDim / 2;
  for (let row = 0; row < step.rows; row++) {
    const position = step.start + row;
    for (let head = 0; head < heads + 2 * kvHeads; head++) {
      const from = row * pitch + head * headDim;
      const isQuery = head < heads;
      const isValue = head >= heads + kvHeads;
      const target = isQuery ? after.qkv : isValue ? after.values : after.keys;
      const slot = ((head - heads) % kvHeads) * capacity + (position % capacity);
      const to = isQuery ? from : slot * headDim;
      for (let i = 0; i < half; i++) {
        const angle = isValue ? 0 : position * theta ** ((-2 * i) / headDim);
        const [a, b] = [qkv[from + i]!, qkv[from + i + half]!];
        target[to + i] = a * Math.cos(angle) - b * Math.sin(angle);
        target[to + i + half] = b * Math.cos(angle) + a * Math.sin(angle);
      }
    }
  }
  return after;
}
