import { halfToNumber } from '../half.ts';
import { moveLines, viewOf } from '../lines.ts';
import { PANEL, type WeightFormat } from '../weight-format.ts';
import { source as wgsl } from './q4_0.wgsl.ts';

/** GGUF Q4_0: f16 d; 16 bytes whose low nibbles are q of columns 0..15, the high ones of 16..31. y = (q - 8) * d. */
export const q4_0: WeightFormat = {
  name: 'q4_0',
  blockColumns: 32,
  blockBytes: 18,
  unitColumns: 32,
  weightBytes: 16,
  scaleBytes: 2,
  packUnit(source, offset, { weights, scaleHalves }, unit, lane) {
    scaleHalves[unit * PANEL + lane] = source.getUint16(offset, true);
    moveLines(source, offset + 2, weights, 1, unit, lane);
  },
  dequantize(bytes, count, values = new Float32Array(count)) {
    const source = viewOf(bytes);
    for (let offset = 0, i = 0; i < count; offset += 18, i += 32) {
      const d = halfToNumber(source.getUint16(offset, true));
      for (let e = 0; e < 16; e++) {
        const q = source.getUint8(offset + 2 + e);
        values[i + e] = ((q & 15) - 8) * d;
        values[i + e + 16] = ((q >> 4) - 8) * d;
      }
    }
    return values;
  },
  wgsl,
};
