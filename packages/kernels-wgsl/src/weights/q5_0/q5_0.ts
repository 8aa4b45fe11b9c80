import { spreadBits } from '../bit-moves.ts';
import { halfToNumber } from '../half.ts';
import { moveLines, viewOf } from '../lines.ts';
import { PANEL, type WeightFormat } from '../weight-format.ts';
import { source as wgsl } from './q5_0.wgsl.ts';

/** GGUF Q5_0: f16 d; 32 fifth bits; nibbles as in Q4_0. y = (q - 16) * d. */
export const q5_0: WeightFormat = {
  name: 'q5_0',
  blockColumns: 32,
  blockBytes: 22,
  unitColumns: 32,
  weightBytes: 16,
  scaleBytes: 6,
  packUnit(source, offset, { weights, scales, scaleHalves }, unit, lane) {
    scaleHalves[unit * 3 * PANEL + lane] = source.getUint16(offset, true);
    scales[unit * (PANEL / 2 + PANEL) + PANEL / 2 + lane] = spreadBits(source.getUint32(offset + 2, true));
    moveLines(source, offset + 6, weights, 1, unit, lane);
  },
  dequantize(bytes, count, values = new Float32Array(count)) {
    const source = viewOf(bytes);
    for (let offset = 0, i = 0; i < count; offset += 22, i += 32) {
      const d = halfToNumber(source.getUint16(offset, true));
      const high = source.getUint32(offset + 2, true);
      for (let e = 0; e < 16; e++) {
        const q = source.getUint8(offset + 6 + e);
        values[i + e] = (((q & 15) | (((high >>> e) & 1) << 4)) - 16) * d;
        values[i + e + 16] = (((q >> 4) | (((high >>> (e + 16)) & 1) << 4)) - 16) * d;
      }
    }
    return values;
  },
  wgsl,
};
