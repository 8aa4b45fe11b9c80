import { halfToNumber } from '../half.ts';
import { moveLines, viewOf } from '../lines.ts';
import { PANEL, type WeightFormat } from '../weight-format.ts';
import { source as wgsl } from './q4_1.wgsl.ts';

/** GGUF Q4_1: f16 d; f16 m; nibbles q as in Q4_0. y = q * d + m. */
export const q4_1: WeightFormat = {
  name: 'q4_1',
  blockColumns: 32,
  blockBytes: 20,
  unitColumns: 32,
  weightBytes: 16,
  scaleBytes: 4,
  packUnit(source, offset, { weights, scales }, unit, lane) {
    scales[unit * PANEL + lane] = source.getUint32(offset, true);
    moveLines(source, offset + 4, weights, 1, unit, lane);
  },
  dequantize(bytes, count, values = new Float32Array(count)) {
    const source = viewOf(bytes);
    for (let offset = 0, i = 0; i < count; offset += 20, i += 32) {
      const d = halfToNumber(source.getUint16(offset, true));
      const m = halfToNumber(source.getUint16(offset + 2, true));
      for (let e = 0; e < 16; e++) {
        const q = source.getUint8(offset + 4 + e);
        values[i + e] = (q & 15) * d + m;
        values[i + e + 16] = (q >> 4) * d + m;
      }
    }
    return values;
  },
  wgsl,
};
