import { bench, planeBytes } from '../testing/index.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { embed, embedCost } from './embed.ts';

const { q8_0, q6_k } = weightFormats;
const [width, partRows] = [2304, 32768];

export default bench(embed, () =>
  [1, 256].flatMap((rows) =>
    [q8_0, q6_k].map((format) => {
      const params = { rows, width, pitch: width, firstRow: 0, partRows, tableRows: partRows, scale: 48 };
      const { weights, scales } = planeBytes(format, partRows, width);
      return {
        name: `2B, ${rows} rows, ${format.name}`,
        params,
        buffers: {
          tokens: Uint32Array.from({ length: rows }, (_, i) => (i * 7919) % partRows),
          ...{ weights, scales, weightsB: 16, scalesB: 16, weightsC: 16, scalesC: 16 },
          y: 4 * rows * width,
        },
        cost: embedCost(params, format),
        weights: format,
      };
    }),
  ),
);
