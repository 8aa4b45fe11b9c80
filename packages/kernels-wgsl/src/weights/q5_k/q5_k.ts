import { bitsOf, moveNibbles } from '../bit-moves.ts';
import { halfToNumber } from '../half.ts';
import { scaleAndMinimum } from '../k-header.ts';
import { lineOf, moveLine, viewOf } from '../lines.ts';
import type { WeightFormat } from '../weight-format.ts';
import { source as wgsl } from './q5_k.wgsl.ts';

/** GGUF Q5_K: Q4_K with 32 bytes of fifth bits between the scales and the nibbles. */
export const q5_k: WeightFormat = {
  name: 'q5_k',
  blockColumns: 256,
  blockBytes: 176,
  unitColumns: 256,
  weightBytes: 176,
  scaleBytes: 0,
  packUnit(source, offset, { weights }, unit, lane) {
    moveLine(source, offset, weights, lineOf(11, unit, 0, lane));
    for (let group = 0; group < 8; group++) {
      weights[lineOf(11, unit, 1 + (group >> 2), lane) + (group & 3)] = bitsOf(source, offset + 16, group);
      const from = offset + 48 + 32 * (group >> 1);
      moveNibbles(source, from, group % 2 === 1, weights, lineOf(11, unit, 3 + group, lane));
    }
  },
  dequantize(bytes, count, values = new Float32Array(count)) {
    const source = viewOf(bytes);
    for (let offset = 0, i = 0; i < count; offset += 176, i += 256) {
      const d = halfToNumber(source.getUint16(offset, true));
      const dmin = halfToNumber(source.getUint16(offset + 2, true));
      for (let group = 0; group < 8; group++) {
        const [scale, minimum] = scaleAndMinimum(source, offset + 4, group);
        for (let e = 0; e < 32; e++) {
          const low = (source.getUint8(offset + 48 + 32 * (group >> 1) + e) >> (4 * (group & 1))) & 15;
          const q = low | (((source.getUint8(offset + 16 + e) >> group) & 1) << 4);
          values[i + 32 * group + e] = d * scale * q - dmin * minimum;
        }
      }
    }
    return values;
  },
  wgsl,
};
