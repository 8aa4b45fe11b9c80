import { bench, planeBytes } from '../testing/index.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { normedGatedMatvec, normedGatedMatvecCost } from './normed-gated-matvec.ts';

const { f16, q8_0, q4_0, q4_k } = weightFormats;

export default bench(normedGatedMatvec, () =>
  [f16, q8_0, q4_0, q4_k].map((format) => {
    const params = { columns: 2304, rows: 18432, offset: 0, epsilon: 1e-6 };
    const { columns, rows } = params;
    const row = 4 * columns;
    return {
      name: `2B, norms, gate and up, ${format.name}`,
      params,
      buffers: {
        ...{ x: row, update: row, postWeight: row, nextWeight: row, residual: row },
        ...planeBytes(format, rows, columns),
        y: 2 * rows,
      },
      cost: normedGatedMatvecCost(params, format),
      weights: format,
    };
  }),
);
