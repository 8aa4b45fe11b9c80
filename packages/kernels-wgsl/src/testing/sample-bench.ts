import { sampleHistogramReference } from '../sample-histogram/sample-histogram.ts';
import { sampleStateBytes } from '../sampling/record-sample.ts';
import { samplingWords } from '../sampling/sampling.ts';
import { randomNormal } from './random.ts';

const bins = 1024;

/** What the sampler's later dispatches find for Gemma 2's vocabulary with top-k 64 and top-p 0.95. */
export function sampleBenchBuffers() {
  const width = 256_000;
  const topK = 64;
  const adjusted = randomNormal(1, width, 4);
  const { largest, counts, deficits } = sampleHistogramReference(adjusted);
  const state = new Uint32Array(sampleStateBytes / 4);
  const floats = new Float32Array(state.buffer);
  const [maxima, masses, plan] = [0, 256 + 2 * bins, 257 + 3 * bins] as const;
  floats[maxima] = largest;
  state[maxima]! |= 0x8000_0000; // as an order key
  state.set(counts, 256);
  state.set(
    deficits.map((deficit) => Math.round(deficit * 2 ** 18)),
    256 + bins,
  );
  let rank = 0;
  let rankBin = 0;
  for (let bin = 0; bin < bins; bin++) {
    if (rank < topK) rankBin = bin;
    rank += counts[bin]!;
    floats[masses + bin + 1] = floats[masses + bin]! + Math.exp(-bin / 32) * (counts[bin]! - deficits[bin]!);
  }
  const gaps = Array.from(adjusted, (logit, id) => [largest - logit, id] as const);
  const candidates = gaps.filter(([gap]) => gap * 32 < rankBin + 1);
  const places = new Uint32Array(2 * width);
  for (const [i, [gap, id]] of candidates.entries()) {
    places[2 * i] = new Uint32Array(Float32Array.of(gap).buffer)[0]!;
    places[2 * i + 1] = id;
  }
  const before = counts.subarray(0, rankBin).reduce((sum, count) => sum + count, 0);
  floats[plan] = 0.5;
  state.set([rank, rankBin, before, 0, rankBin, 0, rankBin], plan + 1);
  floats[plan + 8] = largest;
  state[plan + 9] = candidates.length;
  return { width, adjusted, sampling: samplingWords({ topK, topP: 0.95 }), state, candidates: places };
}
