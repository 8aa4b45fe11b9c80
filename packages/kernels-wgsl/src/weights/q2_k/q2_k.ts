import { pairsOf } from '../bit-moves.ts';
import { halfToNumber } from '../half.ts';
import { lineOf, moveLine, viewOf } from '../lines.ts';
import { PANEL, type WeightFormat } from '../weight-format.ts';
import { source as wgsl } from './q2_k.wgsl.ts';

/**
 * GGUF Q2_K: 16 bytes, scale (low nibble) and minimum of 16 columns each; 64 bytes of pairs q, a byte belonging to four
 * groups of its half; f16 d; f16 dmin. y = d * scale * q - dmin * minimum.
 */
export const q2_k: WeightFormat = {
  name: 'q2_k',
  blockColumns: 256,
  blockBytes: 84,
  unitColumns: 256,
  weightBytes: 80,
  scaleBytes: 4,
  packUnit(source, offset, { weights, scales }, unit, lane) {
    moveLine(source, offset, weights, lineOf(5, unit, 0, lane));
    scales[unit * PANEL + lane] = source.getUint32(offset + 80, true);
    for (let group = 0; group < 8; group++) {
      const pairs = offset + 16 + 32 * (group >> 2);
      const to = lineOf(5, unit, 1 + (group >> 1), lane) + 2 * (group & 1);
      weights[to] = pairsOf(source, pairs, group & 3);
      weights[to + 1] = pairsOf(source, pairs + 16, group & 3);
    }
  },
  dequantize(bytes, count, values = new Float32Array(count)) {
    const source = viewOf(bytes);
    for (let offset = 0, i = 0; i < count; offset += 84, i += 256) {
      const d = halfToNumber(source.getUint16(offset + 80, true));
      const dmin = halfToNumber(source.getUint16(offset + 82, true));
      for (let e = 0; e < 256; e++) {
        const q = (source.getUint8(offset + 16 + 32 * (e >> 7) + (e & 31)) >> (2 * ((e & 127) >> 5))) & 3;
        const scale = source.getUint8(offset + (e >> 4));
        values[i + e] = d * (scale & 15) * q - dmin * (scale >> 4);
      }
    }
    return values;
  },
  wgsl,
};
