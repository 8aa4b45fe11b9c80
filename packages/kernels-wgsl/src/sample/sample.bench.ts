import { bench } from '../testing/index.ts';
import { sampleBenchBuffers } from '../testing/sample-bench.ts';
import { sample, sampleCost } from './sample.ts';

export default bench(sample, () => {
  const { width, sampling, state, candidates } = sampleBenchBuffers();
  const params = { ring: 64 };
  const buffers = { sampling, candidates, state, seen: 4 * width, step: 16, tokens: 4, generated: 4 * params.ring };
  return [{ name: 'Gemma 2, top-k 64, top-p 0.95', params, buffers, cost: sampleCost(params) }];
});
