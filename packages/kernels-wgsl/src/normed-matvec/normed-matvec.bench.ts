import { bench, planeBytes } from '../testing/index.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { normedMatvec, normedMatvecCost } from './normed-matvec.ts';

const { f16, q8_0, q4_0, q4_k } = weightFormats;

export default bench(normedMatvec, () =>
  [f16, q8_0, q4_0, q4_k].map((format) => {
    const params = { columns: 2304, rows: 4096, offset: 0, epsilon: 1e-6 };
    const { columns, rows } = params;
    const row = 4 * columns;
    return {
      name: `2B, norms, q, k and v, ${format.name}`,
      params,
      buffers: {
        ...{ x: row, update: row, postWeight: row, nextWeight: row, residual: row },
        ...planeBytes(format, rows, columns),
        y: 4 * rows,
      },
      cost: normedMatvecCost(params, format),
      weights: format,
    };
  }),
);
