import type { Cost, KernelSpec } from '../kernel.ts';
import { type Binding, bindings, flags, layout, type Params, source } from './sample-histogram.wgsl.ts';

/** Tokens and mass by distance from the most likely token: second of four dispatches, see `sample`. */
export const sampleHistogram: KernelSpec<Params, Binding> = {
  name: 'sample-histogram',
  source,
  flags,
  layout,
  bindings,
  constants: {},
  workgroups: ({ width }) => [Math.ceil(width / 4096)],
};

export const sampleHistogramCost = ({ width }: Params): Cost => ({ bytes: 4 * width, flops: 10 * width });

/** Tokens of each bin, and what their masses lack to 1, by the distance of `adjusted` logits from their largest. */
export function sampleHistogramReference(adjusted: ArrayLike<number>, inverseTemperature = 1) {
  const logits = Array.from(adjusted);
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const counts = new Uint32Array(1024);
  const deficits = new Float64Array(1024);
  for (const logit of logits) {
    const distance = Math.fround(Math.fround(largest - logit) * Math.fround(inverseTemperature));
    if (distance >= 32) continue;
    const bin = Math.floor(32 * distance);
    counts[bin]! += 1;
    deficits[bin]! += 1 - Math.exp(bin / 32 - distance);
  }
  return { largest, counts, deficits };
}
