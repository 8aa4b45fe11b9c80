import { partialsLength } from '../attention-decode/attention-decode.ts';
import { bench } from '../testing/index.ts';
import { attentionMerge, attentionMergeCost } from './attention-merge.ts';

const params = { rows: 1, heads: 8, headDim: 256, splits: 64, yPitch: 2048 };

export default bench(attentionMerge, () => [
  {
    name: '2B, all splits',
    params,
    buffers: {
      step: Uint32Array.of(8191, 1, 0, 0),
      partials: new Float32Array(partialsLength(params)).fill(1),
      y: 4 * params.heads * params.headDim,
    },
    cost: attentionMergeCost(params),
  },
]);
