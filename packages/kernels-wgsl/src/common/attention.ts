import { ShapeError } from '../errors.ts';

/** Keys that lie together in the cache; a capacity is a multiple of it. */
export const keyPanel = 8;

/** The most dimensions that the kernels have room for. */
export const largestHeadDim = 256;

/** The highest soft-cap with which a sum of exponentials, of scores as they are, stays far from both ends of f32. */
export const largestSoftcap = 64;

/** Sizes and constants of an attention, as in the kernels' `Params`. */
export type AttentionShape = {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly capacity: number;
  readonly window: number;
  readonly scale: number;
  readonly softcap: number;
};

/** @throws {ShapeError} when the kernels are not made for the shape. */
export function checkAttention(kernel: string, { heads, kvHeads, headDim, capacity, softcap }: AttentionShape): void {
  if (headDim % 4 !== 0 || headDim > largestHeadDim) {
    throw new ShapeError(kernel, {
      en: `headDim is ${headDim}, it must be a multiple of 4 up to ${largestHeadDim}`,
      ja: `「headDim」が${headDim}ですが、${largestHeadDim}以下の4の倍数でなければなりません`,
    });
  }
  if (capacity % keyPanel !== 0) {
    throw new ShapeError(kernel, {
      en: `capacity is ${capacity}, it must be a multiple of ${keyPanel}`,
      ja: `「capacity」が${capacity}ですが、${keyPanel}の倍数でなければなりません`,
    });
  }
  if (heads % kvHeads !== 0) {
    throw new ShapeError(kernel, {
      en: `${heads} heads cannot share ${kvHeads} kv heads evenly`,
      ja: `${heads}個のヘッドを${kvHeads}個のKVヘッドに等しく割り当てられません`,
    });
  }
  if (!(softcap > 0 && softcap <= largestSoftcap)) {
    throw new ShapeError(kernel, {
      en: `softcap is ${softcap}, it must be above 0 and at most ${largestSoftcap}`,
      ja: `「softcap」が${softcap}ですが、0より大きく${largestSoftcap}以下でなければなりません`,
    });
  }
}

/**
 * Attention's definition, in f64: what the query [headDim] of a head at `position` gets from the keys firstKey <= j <
 * endKey that it sees. Not yet divided by `total`, so that parts can be added up. `keys` and `values` are
 * [kvHeads, capacity, headDim].
 */
export function attentionReference(
  query: ArrayLike<number>,
  head: number,
  [firstKey, endKey]: readonly [number, number],
  keys: ArrayLike<number>,
  values: ArrayLike<number>,
  { heads, kvHeads, headDim, capacity, scale, softcap }: AttentionShape,
): { readonly sums: Float64Array; readonly total: number } {
  const kvHead = Math.floor(head / (heads / kvHeads));
  const sums = new Float64Array(headDim);
  let total = 0;
  for (let key = firstKey; key < endKey; key++) {
    const row = (kvHead * capacity + (key % capacity)) * headDim;
    let dot = 0;
    for (let d = 0; d < headDim; d++) dot += query[d]! * keys[row + d]!;
    const weight = Math.exp(softcap * Math.tanh((dot * scale) / softcap));
    total += weight;
    for (let d = 0; d < headDim; d++) sums[d]! += weight * values[row + d]!;
  }
  return { sums, total };
}

/** The keys that a query at `position` sees: from the first up to but without the second. */
export function visibleKeys(position: number, window: number): readonly [number, number] {
  return [window === 0 ? 0 : Math.max(0, position + 1 - window), position + 1];
}
