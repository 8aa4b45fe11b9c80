import { bench, planeBytes } from '../testing/index.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { embed, embedCost } from './embed.ts';

const { q8_0, q6_k } = weightFormats;
const [width, partRows] = [2304, 32768];

export default bench(embed, () =>
  [1, 256].flatMap((rows) =>
    [q8_0, q6_k].map((format) => {
      const params = { rows, width, pitch: width, firstRow: 0, partRows, scale: 48 };
      return {
        name: `2B, ${rows} rows, ${format.name}`,
        params,
        buffers: {
          tokens: Uint32Array.from({ length: rows }, (_, i) => (i * 7919) % partRows),
          ...planeBytes(format, partRows, width),
          y: 4 * rows * width,
        },
        cost: embedCost(params, format),
        weights: format,
      };
    }),
  ),
);
