import { halfToNumber } from '../half.ts';
import { moveLines, viewOf } from '../lines.ts';
import type { WeightFormat } from '../weight-format.ts';
import { source as wgsl } from './f16.wgsl.ts';

/** IEEE half. */
export const f16: WeightFormat = {
  name: 'f16',
  blockColumns: 1,
  blockBytes: 2,
  unitColumns: 32,
  weightBytes: 64,
  scaleBytes: 0,
  packUnit: (source, offset, { weights }, unit, lane) => moveLines(source, offset, weights, 4, unit, lane),
  dequantize(bytes, count, values = new Float32Array(count)) {
    const source = viewOf(bytes);
    for (let i = 0; i < count; i++) values[i] = halfToNumber(source.getUint16(2 * i, true));
    return values;
  },
  wgsl,
};
