import { moveNibbles } from '../bit-moves.ts';
import { halfToNumber } from '../half.ts';
import { scaleAndMinimum } from '../k-header.ts';
import { lineOf, moveLine, viewOf } from '../lines.ts';
import type { WeightFormat } from '../weight-format.ts';
import { source as wgsl } from './q4_k.wgsl.ts';

/** GGUF Q4_K: f16 d; f16 dmin; 8 scales and minima of 6 bits; 128 bytes of nibbles q. y = d * scale * q - dmin * minimum. */
export const q4_k: WeightFormat = {
  name: 'q4_k',
  blockColumns: 256,
  blockBytes: 144,
  unitColumns: 256,
  weightBytes: 144,
  scaleBytes: 0,
  packUnit(source, offset, { weights }, unit, lane) {
    moveLine(source, offset, weights, lineOf(9, unit, 0, lane));
    for (let group = 0; group < 8; group++) {
      const from = offset + 16 + 32 * (group >> 1);
      moveNibbles(source, from, group % 2 === 1, weights, lineOf(9, unit, 1 + group, lane));
    }
  },
  dequantize(bytes, count, values = new Float32Array(count)) {
    const source = viewOf(bytes);
    for (let offset = 0, i = 0; i < count; offset += 144, i += 256) {
      const d = halfToNumber(source.getUint16(offset, true));
      const dmin = halfToNumber(source.getUint16(offset + 2, true));
      for (let group = 0; group < 8; group++) {
        const [scale, minimum] = scaleAndMinimum(source, offset + 4, group);
        for (let e = 0; e < 32; e++) {
          const q = (source.getUint8(offset + 16 + 32 * (group >> 1) + e) >> (4 * (group & 1))) & 15;
          values[i + 32 * group + e] = d * scale * q - dmin * minimum;
        }
      }
    }
    return values;
  },
  wgsl,
};
