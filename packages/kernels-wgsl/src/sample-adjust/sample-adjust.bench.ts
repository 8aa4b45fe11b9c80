import { sampleStateBytes } from '../sampling/record-sample.ts';
import { type SamplingOptions, samplingWords } from '../sampling/sampling.ts';
import { bench } from '../testing/index.ts';
import { sampleAdjust, sampleAdjustCost } from './sample-adjust.ts';

const width = 256_000;
const logitBias = new Map(Array.from({ length: 300 }, (_, i) => [853 * i, 1]));

const shape = (name: string, options: SamplingOptions) => ({
  name,
  params: { width, softcap: 30 },
  buffers: {
    logits: 4 * width,
    seen: 4 * width,
    sampling: samplingWords(options),
    adjusted: 4 * width,
    state: sampleStateBytes,
  },
  cost: sampleAdjustCost({ width, softcap: 30 }),
});

export default bench(sampleAdjust, () => [
  shape('Gemma 2', {}),
  shape('Gemma 2, penalties and 300 biases', { logitBias, repetitionPenalty: 1.1 }),
]);
