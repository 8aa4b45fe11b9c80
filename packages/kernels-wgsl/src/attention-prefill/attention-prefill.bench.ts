import { bench } from '../testing/index.ts';
import { attentionPrefill, attentionPrefillCost } from './attention-prefill.ts';

const rows = 128;

export default bench(attentionPrefill, (features) =>
  [
    { name: '2B, first chunk', start: 0, heads: 8, kvHeads: 4, headDim: 256, window: 0 },
    { name: '2B, at 1024', start: 896, heads: 8, kvHeads: 4, headDim: 256, window: 0 },
    { name: '2B, window of 512 at 1024', start: 896, heads: 8, kvHeads: 4, headDim: 256, window: 512 },
    { name: '27B, at 1024', start: 896, heads: 32, kvHeads: 16, headDim: 128, window: 0 },
  ].map(({ name, start, ...shape }) => {
    const { heads, kvHeads, headDim } = shape;
    const capacity = 1024;
    const pitch = (heads + 2 * kvHeads) * headDim;
    const params = { rows, ...shape, pitch, yPitch: heads * headDim, capacity, scale: headDim ** -0.5, softcap: 50 };
    const cache = (features.f16 ? 2 : 4) * kvHeads * capacity * headDim;
    return {
      name,
      params,
      buffers: {
        step: Uint32Array.of(start, rows, 0, 0),
        qkv: 4 * rows * pitch,
        keys: cache,
        values: cache,
        y: 4 * rows * params.yPitch,
      },
      cost: attentionPrefillCost(params, features, start),
    };
  }),
);
