import { mostSplits, partialsLength } from '../attention-decode/attention-decode.ts';
import { ShapeError } from '../errors.ts';
import type { Cost, KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './attention-merge.wgsl.ts';

/** Adds up what attention-decode's splits have written, and divides by the sum of the weights. One workgroup a head. */
export const attentionMerge: KernelSpec<Params, Binding> = {
  name: 'attention-merge',
  source,
  flags,
  layout,
  bindings,
  constants: {},
  workgroups: ({ heads, splits }) => {
    if (splits > mostSplits)
      throw new ShapeError('attention-merge', {
        en: `${splits} splits are more than ${mostSplits}`,
        ja: `分割数${splits}が上限の${mostSplits}を超えています`,
      });
    return [heads];
  },
};

/** Where `live` of the splits have keys. */
export const attentionMergeCost = ({ heads, headDim, splits }: Params, live = splits): Cost => ({
  bytes: 4 * (partialsLength({ heads, headDim, splits: live }) + heads * headDim),
  flops: partialsLength({ heads, headDim, splits: live }),
});

/** The definition, in f64. `partials` is [heads, splits, headDim + 4], see attention-decode; y is [heads, headDim]. */
export function attentionMergeReference(partials: ArrayLike<number>, { heads, headDim, splits }: Params): Float64Array {
  const y = new Float64Array(heads * headDim);
  for (let head = 0; head < heads; head++) {
    const at = (split: number, c: number) => partials[(head * splits + split) * (headDim + 4) + c]!;
    const live = Array.from({ length: splits }, (_, split) => split).filter((split) => at(split, headDim) > 0);
    const sumOf = (c: number) => live.reduce((sum, split) => sum + at(split, c), 0);
    for (let c = 0; c < headDim; c++) y[head * headDim + c] = sumOf(c) / sumOf(headDim);
  }
  return y;
}
