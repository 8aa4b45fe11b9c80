import { spreadBits } from '../bit-moves.ts';
import { halfToNumber } from '../half.ts';
import { moveLines, viewOf } from '../lines.ts';
import { PANEL, type WeightFormat } from '../weight-format.ts';
import { source as wgsl } from './q5_1.wgsl.ts';

/** GGUF Q5_1: f16 d; f16 m; 32 fifth bits; nibbles as in Q4_0. y = q * d + m. */
export const q5_1: WeightFormat = {
  name: 'q5_1',
  blockColumns: 32,
  blockBytes: 24,
  unitColumns: 32,
  weightBytes: 16,
  scaleBytes: 8,
  packUnit(source, offset, { weights, scales }, unit, lane) {
    const word = unit * 2 * PANEL + lane;
    scales[word] = source.getUint32(offset, true);
    scales[word + PANEL] = spreadBits(source.getUint32(offset + 4, true));
    moveLines(source, offset + 8, weights, 1, unit, lane);
  },
  dequantize(bytes, count, values = new Float32Array(count)) {
    const source = viewOf(bytes);
    for (let offset = 0, i = 0; i < count; offset += 24, i += 32) {
      const d = halfToNumber(source.getUint16(offset, true));
      const m = halfToNumber(source.getUint16(offset + 2, true));
      const high = source.getUint32(offset + 4, true);
      for (let e = 0; e < 16; e++) {
        const q = source.getUint8(offset + 8 + e);
        values[i + e] = ((q & 15) | (((high >>> e) & 1) << 4)) * d + m;
        values[i + e + 16] = ((q >> 4) | (((high >>> (e + 16)) & 1) << 4)) * d + m;
      }
    }
    return values;
  },
  wgsl,
};
