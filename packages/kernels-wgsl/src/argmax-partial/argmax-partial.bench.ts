import { bench } from '../testing/index.ts';
import { argmaxPartial, argmaxPartialCost, argmaxPartials } from './argmax-partial.ts';

const params = { width: 256_000 };

export default bench(argmaxPartial, () => [
  {
    name: 'Gemma 2',
    params,
    buffers: { logits: 4 * params.width, partials: 8 * argmaxPartials(params.width) },
    cost: argmaxPartialCost(params),
  },
]);
