import { argmaxPartials } from '../argmax-partial/argmax-partial.ts';
import { bench } from '../testing/index.ts';
import { argmax, argmaxCost } from './argmax.ts';

const params = { count: argmaxPartials(256_000), ring: 64 };

export default bench(argmax, () => [
  {
    name: 'Gemma 2',
    params,
    buffers: { partials: 8 * params.count, step: 16, tokens: 4, generated: 4 * params.ring },
    cost: argmaxCost(params),
  },
]);
