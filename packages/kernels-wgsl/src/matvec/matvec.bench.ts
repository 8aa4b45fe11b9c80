import { bench, planeBytes } from '../testing/index.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { matvec, matvecCost } from './matvec.ts';

const { f16, q8_0, q4_0, q4_k, q6_k } = weightFormats;

export default bench(matvec, () =>
  [
    { name: '2B, gate and up', rows: 18432, columns: 2304 },
    { name: '2B, down', rows: 2304, columns: 9216 },
  ].flatMap(({ name, rows, columns }) =>
    [f16, q8_0, q4_0, q4_k, q6_k].map((format) => {
      const params = { columns, rows, offset: 0 };
      return {
        name: `${name}, ${format.name}`,
        params,
        buffers: { x: 4 * columns, ...planeBytes(format, rows, columns), y: 4 * rows },
        cost: matvecCost(params, format),
        weights: format,
      };
    }),
  ),
);
