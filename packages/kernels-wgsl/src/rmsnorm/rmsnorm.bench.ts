import { bench } from '../testing/index.ts';
import { rmsnorm, rmsnormCost } from './rmsnorm.ts';

export default bench(rmsnorm, () =>
  [1, 256].map((rows) => {
    const width = 2304;
    const params = { rows, width, pitch: width, epsilon: 1e-6 };
    const bytes = 4 * rows * width;
    return {
      name: `2B, ${rows} rows`,
      params,
      buffers: { x: bytes, weight: 4 * width, y: bytes },
      cost: rmsnormCost(params),
    };
  }),
);
