import { bench } from '../testing/index.ts';
import { sampleBenchBuffers } from '../testing/sample-bench.ts';
import { sampleHistogram, sampleHistogramCost } from './sample-histogram.ts';

export default bench(sampleHistogram, () => {
  const { width, adjusted, sampling, state } = sampleBenchBuffers();
  const cost = sampleHistogramCost({ width });
  return [
    { name: 'Gemma 2', params: { width }, buffers: { adjusted, sampling, state }, cost },
    {
      name: 'Gemma 2, equal logits',
      params: { width },
      buffers: { adjusted: 4 * width, sampling, state: state.length * 4 },
      cost,
    },
  ];
});
