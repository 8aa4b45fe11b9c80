import { bitsOf, pairsOf } from '../bit-moves.ts';
import { halfToNumber } from '../half.ts';
import { lineOf, viewOf } from '../lines.ts';
import type { WeightFormat } from '../weight-format.ts';
import { source as wgsl } from './q3_k.wgsl.ts';

/**
 * GGUF Q3_K: 32 bytes of third bits; 64 bytes of lower pairs, a byte belonging to four groups of its half; 16 scales of
 * 6 bits in 12 bytes, four bits in the first eight and two in the others; f16 d. y = d * (scale - 32) * (q - 4).
 */
export const q3_k: WeightFormat = {
  name: 'q3_k',
  blockColumns: 256,
  blockBytes: 110,
  unitColumns: 256,
  weightBytes: 112,
  scaleBytes: 0,
  packUnit(source, offset, { weights }, unit, lane) {
    const header = lineOf(7, unit, 0, lane);
    for (let i = 0; i < 3; i++) weights[header + i] = source.getUint32(offset + 96 + 4 * i, true);
    weights[header + 3] = source.getUint16(offset + 108, true);
    for (let group = 0; group < 8; group++) {
      weights[lineOf(7, unit, 1 + (group >> 2), lane) + (group & 3)] = bitsOf(source, offset, group);
      const pairs = offset + 32 + 32 * (group >> 2);
      const to = lineOf(7, unit, 3 + (group >> 1), lane) + 2 * (group & 1);
      weights[to] = pairsOf(source, pairs, group & 3);
      weights[to + 1] = pairsOf(source, pairs + 16, group & 3);
    }
  },
  dequantize(bytes, count, values = new Float32Array(count)) {
    const source = viewOf(bytes);
    for (let offset = 0, i = 0; i < count; offset += 110, i += 256) {
      const d = halfToNumber(source.getUint16(offset + 108, true));
      for (let e = 0; e < 256; e++) {
        const j = e >> 4;
        const four = (source.getUint8(offset + 96 + (j & 7)) >> (4 * (j >> 3))) & 15;
        const two = (source.getUint8(offset + 104 + (j & 3)) >> (2 * (j >> 2))) & 3;
        const low = (source.getUint8(offset + 32 + 32 * (e >> 7) + (e & 31)) >> (2 * ((e & 127) >> 5))) & 3;
        const high = (source.getUint8(offset + (e & 31)) >> (e >> 5)) & 1;
        values[i + e] = d * ((four | (two << 4)) - 32) * ((low | (high << 2)) - 4);
      }
    }
    return values;
  },
  wgsl,
};
