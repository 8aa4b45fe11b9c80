import { bench } from '../testing/index.ts';
import { attentionDecode, attentionDecodeCost, decodeSplits, partialsLength } from './attention-decode.ts';

export default bench(attentionDecode, (features) =>
  [
    { name: '2B, at 512', keys: 512, heads: 8, kvHeads: 4, headDim: 256 },
    { name: '2B, at 8192', keys: 8192, heads: 8, kvHeads: 4, headDim: 256 },
    { name: '27B, at 8192', keys: 8192, heads: 32, kvHeads: 16, headDim: 128 },
  ].map(({ name, keys, ...shape }) => {
    const { heads, kvHeads, headDim } = shape;
    const capacity = 8192;
    const splits = decodeSplits(capacity);
    const params = { ...shape, capacity, window: 0, scale: headDim ** -0.5, softcap: 50, splits };
    const cache = (features.f16 ? 2 : 4) * kvHeads * capacity * headDim;
    return {
      name,
      params,
      buffers: {
        step: Uint32Array.of(keys - 1, 1, 0, 0),
        rotations: 4 * capacity * headDim,
        qkv: 4 * (heads + 2 * kvHeads) * headDim,
        keys: cache,
        values: cache,
        partials: 4 * partialsLength(params),
      },
      cost: attentionDecodeCost(params, features, keys - 1),
    };
  }),
);
