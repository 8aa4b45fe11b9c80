import { bench } from '../testing/index.ts';
import { sampleBenchBuffers } from '../testing/sample-bench.ts';
import { sampleGather, sampleGatherCost } from './sample-gather.ts';

export default bench(sampleGather, () => {
  const { width, adjusted, sampling, state } = sampleBenchBuffers();
  // Every run appends to the candidates of the run before: past the end of the buffer, writes are dropped.
  const buffers = { adjusted, sampling, step: 16, state, candidates: 8 * width };
  return [{ name: 'Gemma 2', params: { width }, buffers, cost: sampleGatherCost({ width }) }];
});
