import { moveNibbles, pairsOf } from '../bit-moves.ts';
import { halfToNumber } from '../half.ts';
import { lineOf, moveLine, viewOf } from '../lines.ts';
import { PANEL, type WeightFormat } from '../weight-format.ts';
import { source as wgsl } from './q6_k.wgsl.ts';

/**
 * GGUF Q6_K: 128 bytes of lower nibbles; 64 bytes of upper pairs; 16 signed scales; f16 d. y = d * scale * (q - 32).
 * In each half of 128 columns, a byte of nibbles belongs to groups g and g + 2, a byte of pairs to all four.
 */
export const q6_k: WeightFormat = {
  name: 'q6_k',
  blockColumns: 256,
  blockBytes: 210,
  unitColumns: 256,
  weightBytes: 208,
  scaleBytes: 2,
  packUnit(source, offset, { weights, scaleHalves }, unit, lane) {
    moveLine(source, offset + 192, weights, lineOf(13, unit, 0, lane));
    scaleHalves[unit * PANEL + lane] = source.getUint16(offset + 208, true);
    for (let group = 0; group < 8; group++) {
      const half = group >> 2;
      const from = offset + 64 * half + 32 * (group & 1);
      moveNibbles(source, from, (group & 2) === 2, weights, lineOf(13, unit, 5 + group, lane));
      const pairs = offset + 128 + 32 * half;
      const to = lineOf(13, unit, 1 + (group >> 1), lane) + 2 * (group & 1);
      weights[to] = pairsOf(source, pairs, group & 3);
      weights[to + 1] = pairsOf(source, pairs + 16, group & 3);
    }
  },
  dequantize(bytes, count, values = new Float32Array(count)) {
    const source = viewOf(bytes);
    for (let offset = 0, i = 0; i < count; offset += 210, i += 256) {
      const d = halfToNumber(source.getUint16(offset + 208, true));
      for (let e = 0; e < 256; e++) {
        const half = e >> 7;
        const group = (e & 127) >> 5;
        const l = e & 31;
        const low = (source.getUint8(offset + 64 * half + 32 * (group & 1) + l) >> (4 * (group >> 1))) & 15;
        const high = (source.getUint8(offset + 128 + 32 * half + l) >> (2 * group)) & 3;
        values[i + e] = d * source.getInt8(offset + 192 + (e >> 4)) * ((low | (high << 4)) - 32);
      }
    }
    return values;
  },
  wgsl,
};
