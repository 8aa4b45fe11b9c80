import { partialsLength } from '../attention-decode/attention-decode.ts';
import { bench } from '../testing/index.ts';
import { attentionPrefill, attentionPrefillCost, chunkSplits } from './attention-prefill.ts';

export default bench(attentionPrefill, (features) =>
  [
    { name: '2B, first chunk', start: 0, rows: 128, heads: 8, kvHeads: 4, headDim: 256, window: 0 },
    { name: '2B, at 1024', start: 896, rows: 128, heads: 8, kvHeads: 4, headDim: 256, window: 0 },
    { name: '2B, window of 512 at 1024', start: 896, rows: 128, heads: 8, kvHeads: 4, headDim: 256, window: 512 },
    { name: '27B, at 1024', start: 896, rows: 128, heads: 32, kvHeads: 16, headDim: 128, window: 0 },
    { name: '2B, 8 rows at 8192', start: 8184, rows: 8, heads: 8, kvHeads: 4, headDim: 256, window: 0 },
  ].map(({ name, start, rows, ...shape }) => {
    const { heads, kvHeads, headDim } = shape;
    const capacity = 8192;
    const splits = chunkSplits(rows, capacity);
    const pitch = (heads + 2 * kvHeads) * headDim;
    const params = {
      rows,
      ...shape,
      pitch,
      yPitch: heads * headDim,
      capacity,
      scale: headDim ** -0.5,
      softcap: 50,
      splits,
    };
    const cache = (features.f16 ? 2 : 4) * kvHeads * capacity * headDim;
    return {
      name,
      params,
      buffers: {
        step: Uint32Array.of(start, rows, 0, 0),
        qkv: 4 * rows * pitch,
        keys: cache,
        values: cache,
        y: 4 * rows * (splits === 1 ? params.yPitch : partialsLength({ ...shape, splits })),
      },
      cost: attentionPrefillCost(params, features, start),
    };
  }),
);
