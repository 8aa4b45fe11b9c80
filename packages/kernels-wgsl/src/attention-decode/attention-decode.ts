import { attentionReference, checkAttention, visibleKeys } from '../common/attention.ts';
import type { Cost, Features, KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './attention-decode.wgsl.ts';

/** Keys of a tile: a split takes whole ones, and one at least. */
const tileKeys = 32;
/** What attention-merge can add up. */
export const mostSplits = 64;

/**
 * Rotates q and k of one row by its position, writes k and v into the cache, and attends: soft-capped, windowed, in
 * `splits` parts that attention-merge adds up. `headDim` is a multiple of 4 up to 256, `capacity`
 * of 8.
 */
export const attentionDecode: KernelSpec<Params, Binding> = {
  name: 'attention-decode',
  source,
  flags,
  layout,
  bindings,
  constants: {},
  workgroups: (params) => {
    checkAttention('attention-decode', params);
    return [params.kvHeads * Math.ceil(params.heads / params.kvHeads / 2), params.splits];
  },
};

/**
 * Into how many splits a cache of `capacity` keys is worth cutting: even an idle one costs a software adapter as much as some
 * keys, so a full cache has four tiles in each.
 */
export const decodeSplits = (capacity: number): number => Math.min(mostSplits, Math.ceil(capacity / (4 * tileKeys)));

/** Elements of `partials`, f32: [heads, splits, headDim + 4], where the last four are the sum of the weights and zeros. */
export const partialsLength = ({ heads, headDim, splits }: Pick<Params, 'heads' | 'headDim' | 'splits'>): number =>
  heads * splits * (headDim + 4);

/** Of the row at `position`: its q, k and v, the K and V that it sees, once, and what the splits that have keys write. */
export function attentionDecodeCost(params: Params, { f16 }: Features, position: number): Cost {
  const { heads, kvHeads, headDim } = params;
  const [first, end] = visibleKeys(position, params.window);
  const keys = end - first;
  return {
    bytes:
      4 * (heads + 2 * kvHeads + 1) * headDim +
      2 * (f16 ? 2 : 4) * keys * kvHeads * headDim +
      4 * partialsLength({ heads, headDim, splits: splitRuns(position, params).length }),
    flops: 4 * keys * heads * headDim,
  };
}

/** The keys of each split that has any: runs of whole tiles, but for the last. */
export function splitRuns(
  position: number,
  { window, splits }: Pick<Params, 'window' | 'splits'>,
): (readonly [number, number])[] {
  const [first, end] = visibleKeys(position, window);
  const share = Math.ceil((end - first) / (splits * tileKeys)) * tileKeys;
  const runs: (readonly [number, number])[] = [];
  for (let key = first; key < end; key += share) runs.push([key, Math.min(key + share, end)]);
  return runs;
}

/**
 * The definition, in f64: `partials` of a row at `position`, zero in splits without keys, from what `ropeCacheReference`
 * gives: `qkv` with rotated q, and the cache with the row's own k and v.
 */
export function attentionDecodeReference(
  position: number,
  qkv: ArrayLike<number>,
  keys: ArrayLike<number>,
  values: ArrayLike<number>,
  params: Params,
): Float64Array {
  const { heads, headDim, splits } = params;
  const partials = new Float64Array(partialsLength(params));
  for (let head = 0; head < heads; head++) {
    const query = Array.from({ length: headDim }, (_, d) => qkv[head * headDim + d]!);
    for (const [split, run] of splitRuns(position, params).entries()) {
      const { sums, total } = attentionReference(query, head, run, keys, values, params);
      partials.set([...sums, total], (head * splits + split) * (headDim + 4));
    }
  }
  return partials;
}
