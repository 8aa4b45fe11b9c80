import { attentionReference, checkAttention, visibleKeys } from '../common/attention.ts';
import type { Cost, Features, KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './attention-prefill.wgsl.ts';

/**
 * Soft-capped, windowed, causal attention of a chunk's rows over the KV cache, which already holds their own keys. The
 * cache has room for `window - 1` keys before the chunk, or for every position where there is no window (0).
 * `headDim` is a multiple of 4 up to 256, `capacity` of 8. With more than one split, `y` is what attention-merge reads:
 * [rows, heads, splits, headDim + 4].
 */
export const attentionPrefill: KernelSpec<Params, Binding> = {
  name: 'attention-prefill',
  source,
  flags,
  layout,
  bindings,
  constants: {},
  workgroups: (params) => {
    checkAttention('attention-prefill', params);
    const { rows, heads, kvHeads, splits } = params;
    return [Math.ceil((Math.ceil(rows / 8) * heads) / kvHeads / 2), kvHeads, splits];
  },
};

/** Keys that a split has at least. */
const splitKeys = 256;
const mostChunkSplits = 16;

/**
 * Into how many splits the keys are worth cutting, of a cache of `capacity`. Eight rows of 2B make four workgroups, which
 * would leave a GPU idle for as long as they go through a long context; more rows make more of them.
 */
export const chunkSplits = (rows: number, capacity: number): number =>
  rows <= 8 ? Math.min(mostChunkSplits, Math.ceil(capacity / splitKeys)) : 1;

/** Of a chunk whose first row is at `start`: the K and V that it sees, once. */
export function attentionPrefillCost(params: Params, { f16 }: Features, start: number): Cost {
  const { rows, heads, kvHeads, headDim, window } = params;
  let pairs = 0;
  for (let row = 0; row < rows; row++) {
    const [first, end] = visibleKeys(start + row, window);
    pairs += end - first;
  }
  const keys = start + rows - visibleKeys(start, window)[0];
  return {
    bytes: 8 * rows * heads * headDim + 2 * (f16 ? 2 : 4) * keys * kvHeads * headDim,
    flops: 4 * pairs * heads * headDim,
  };
}

/** The definition, in f64: y [rows, yPitch], zero in rows that are not live. `qkv` is [rows, pitch], q first. */
export function attentionPrefillReference(
  step: { readonly start: number; readonly rows: number },
  qkv: ArrayLike<number>,
  keys: ArrayLike<number>,
  values: ArrayLike<number>,
  params: Params,
): Float64Array {
  const { rows, heads, headDim, pitch, yPitch } = params;
  const y = new Float64Array(rows * yPitch);
  for (let row = 0; row < step.rows; row++) {
    for (let head = 0; head < heads; head++) {
      const query = Array.from({ length: headDim }, (_, d) => qkv[row * pitch + head * headDim + d]!);
      const visible = visibleKeys(step.start + row, params.window);
      const { sums, total } = attentionReference(query, head, visible, keys, values, params);
      for (let d = 0; d < headDim; d++) y[row * yPitch + head * headDim + d] = sums[d]! / total;
    }
  }
  return y;
}
