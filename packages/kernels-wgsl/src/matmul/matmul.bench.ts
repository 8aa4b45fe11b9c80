import { bench, planeBytes } from '../testing/index.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { matmul, matmulCost } from './matmul.ts';

const { f16, q8_0, q4_0, q4_k } = weightFormats;
const batch = 128;

export default bench(matmul, () =>
  [
    { name: '2B, q, k and v', rows: 4096, columns: 2304 },
    { name: '2B, down', rows: 2304, columns: 9216 },
  ].flatMap(({ name, rows, columns }) =>
    [f16, q8_0, q4_0, q4_k].map((format) => {
      const params = { batch, columns, rows, offset: 0, pitch: rows };
      return {
        name: `${name}, ${batch} rows, ${format.name}`,
        params,
        buffers: {
          step: Uint32Array.of(0, batch, 0, 0),
          x: 4 * batch * columns,
          ...planeBytes(format, rows, columns),
          y: 4 * batch * rows,
        },
        cost: matmulCost(params, format),
        weights: format,
      };
    }),
  ),
);
