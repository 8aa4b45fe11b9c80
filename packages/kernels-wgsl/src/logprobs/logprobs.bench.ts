import { logprobsPartials } from '../logprobs-partial/logprobs-partial.ts';
import { bench } from '../testing/index.ts';
import { logprobs, logprobsBytes, logprobsCost } from './logprobs.ts';

const width = 256_000;

export default bench(logprobs, () =>
  [5, 20].map((top) => {
    const params = { blocks: logprobsPartials(width), top, ring: 64, softcap: 30 };
    return {
      name: `Gemma 2, top ${top}`,
      params,
      buffers: {
        logits: 4 * width,
        partials: 8 * params.blocks * (1 + top),
        step: 16,
        generated: 4 * params.ring,
        logprobs: params.ring * logprobsBytes(top),
      },
      cost: logprobsCost(params),
    };
  }),
);
