import { bench } from '../testing/index.ts';
import { logprobsPartial, logprobsPartialCost, logprobsPartials } from './logprobs-partial.ts';

export default bench(logprobsPartial, () =>
  [0, 5, 20].map((top) => {
    const params = { width: 256_000, top, softcap: 30 };
    return {
      name: `Gemma 2, top ${top}`,
      params,
      buffers: { logits: 4 * params.width, partials: 8 * logprobsPartials(params.width) * (1 + top) },
      cost: logprobsPartialCost(params),
    };
  }),
);
