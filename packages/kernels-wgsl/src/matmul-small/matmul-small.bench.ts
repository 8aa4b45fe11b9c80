import { matmulCost } from '../matmul/matmul.ts';
import { bench, planeBytes } from '../testing/index.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { matmulSmall } from './matmul-small.ts';

const { f16, q8_0, q4_0, q4_k } = weightFormats;

export default bench(matmulSmall, () =>
  [
    { name: '2B, gate and up', rows: 18432, columns: 2304 },
    { name: '2B, down', rows: 2304, columns: 9216 },
  ].flatMap(({ name, rows, columns }) =>
    [4, 8].flatMap((batch) =>
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
  ),
);
