import { bench } from '../testing/index.ts';
import { geglu, gegluCost } from './geglu.ts';

export default bench(geglu, () =>
  [1, 256].map((rows) => {
    const width = 9216;
    const params = { rows, width, inputPitch: 2 * width, run: 8, stride: 16, upOffset: 8, pitch: width };
    return {
      name: `2B, ${rows} rows`,
      params,
      buffers: { gateUp: 8 * rows * width, y: 4 * rows * width },
      cost: gegluCost(params),
    };
  }),
);
