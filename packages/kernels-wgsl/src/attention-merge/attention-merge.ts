import { mostSplits, partialsLength } from '../attention-decode/attention-decode.ts';
import { ShapeError } from '../errors.ts';
import type { Cost, KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './attention-merge.wgsl.ts';

/** Adds up what the splits of attention-decode or attention-prefill have written, and divides by the sum of the weights. */
export const attentionMerge: KernelSpec<Params, Binding> = {
  name: 'attention-merge',
  source,
  flags,
  layout,
  bindings,
  constants: {},
  workgroups: ({ rows, heads, splits }) => {
    if (splits > mostSplits)
      throw new ShapeError('attention-merge', {
        en: `${splits} splits are more than ${mostSplits}`,
        ja: `分割数${splits}が上限の${mostSplits}を超えています`,
      });
    return [heads, rows];
  },
};

/** Of one row, where `live` of the splits have keys. */
export const attentionMergeCost = (
  { heads, headDim, splits }: Pick<Params, 'heads' | 'headDim' | 'splits'>,
  live = splits,
): Cost => ({
  bytes: 4 * (partialsLength({ heads, headDim, splits: live }) + heads * headDim),
  flops: partialsLength({ heads, headDim, splits: live }),
});

/**
 * The definition, in f64: y [rows, yPitch] of `partials` [rows, heads, splits, headDim + 4], see attention-decode. Rows
 * that are not live are zero.
 */
export function attentionMergeReference(
  partials: ArrayLike<number>,
  { rows, heads, headDim, splits, yPitch }: Params,
  liveRows = rows,
): Float64Array {
  const y = new Float64Array(rows * yPitch);
  for (let i = 0; i < liveRows * heads; i++) {
    const at = (split: number, c: number) => partials[(i * splits + split) * (headDim + 4) + c]!;
    const live = Array.from({ length: splits }, (_, split) => split).filter((split) => at(split, headDim) > 0);
    const sumOf = (c: number) => live.reduce((sum, split) => sum + at(split, c), 0);
    const first = Math.floor(i / heads) * yPitch + (i % heads) * headDim;
    for (let c = 0; c < headDim; c++) y[first + c] = sumOf(c) / sumOf(headDim);
  }
  return y;
}
