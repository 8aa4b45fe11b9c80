import { bench } from '../testing/index.ts';
import { residualNorms, residualNormsCost } from './residual-norms.ts';

export default bench(residualNorms, () =>
  [1, 256].map((rows) => {
    const width = 2304;
    const params = { rows, width, pitch: width, epsilon: 1e-6 };
    const bytes = 4 * rows * width;
    return {
      name: `2B, ${rows} rows`,
      params,
      buffers: { x: bytes, update: bytes, postWeight: 4 * width, nextWeight: 4 * width, y: bytes },
      cost: residualNormsCost(params),
    };
  }),
);
