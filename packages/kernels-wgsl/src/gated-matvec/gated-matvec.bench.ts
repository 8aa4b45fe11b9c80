import { bench, planeBytes } from '../testing/index.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { gatedMatvec, gatedMatvecCost } from './gated-matvec.ts';

const { f16, q8_0, q4_0, q4_k } = weightFormats;

export default bench(gatedMatvec, () =>
  [f16, q8_0, q4_0, q4_k].map((format) => {
    const params = { columns: 2304, rows: 18432, offset: 0 };
    const { columns, rows } = params;
    return {
      name: `2B, gate and up, ${format.name}`,
      params,
      buffers: { x: 4 * columns, ...planeBytes(format, rows, columns), y: 2 * rows },
      cost: gatedMatvecCost(params, format),
      weights: format,
    };
  }),
);
