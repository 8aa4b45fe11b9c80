import { bench } from '../testing/index.ts';
import { ropeCache, ropeCacheCost } from './rope-cache.ts';
import { rotationTable } from './rotation-table.ts';

export default bench(ropeCache, (features) =>
  [1, 256].map((rows) => {
    const [heads, kvHeads, headDim, capacity] = [8, 4, 256, 8192];
    const params = { rows, heads, kvHeads, headDim, pitch: (heads + 2 * kvHeads) * headDim, capacity };
    const cache = (features.f16 ? 2 : 4) * kvHeads * capacity * headDim;
    return {
      name: `2B, ${rows} rows`,
      params,
      buffers: {
        step: Uint32Array.of(1000, rows, 0, 0),
        rotations: rotationTable(2000, headDim, 10000),
        qkv: 4 * rows * params.pitch,
        keys: cache,
        values: cache,
      },
      cost: ropeCacheCost(params, features),
    };
  }),
);
