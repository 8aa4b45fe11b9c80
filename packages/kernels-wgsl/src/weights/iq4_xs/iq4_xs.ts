import { halfToNumber } from '../half.ts';
import { iq4Values } from '../iq4.ts';
import { moveLines, viewOf } from '../lines.ts';
import { PANEL, type WeightFormat } from '../weight-format.ts';
import { source as wgsl } from './iq4_xs.wgsl.ts';

/**
 * GGUF IQ4_XS: f16 d; 8 scales of 6 bits, the upper two of all in 2 bytes, the lower four in 4; nibbles of each group of
 * 32 as in Q4_0. y = d * (scale - 32) * table[q].
 */
export const iq4_xs: WeightFormat = {
  name: 'iq4_xs',
  blockColumns: 256,
  blockBytes: 136,
  unitColumns: 256,
  weightBytes: 128,
  scaleBytes: 8,
  packUnit(source, offset, { weights, scales }, unit, lane) {
    const word = unit * 2 * PANEL + lane;
    scales[word] = source.getUint32(offset, true);
    scales[word + PANEL] = source.getUint32(offset + 4, true);
    moveLines(source, offset + 8, weights, 8, unit, lane);
  },
  dequantize(bytes, count, values = new Float32Array(count)) {
    const source = viewOf(bytes);
    for (let offset = 0, i = 0; i < count; offset += 136, i += 256) {
      const d = halfToNumber(source.getUint16(offset, true));
      const upper = source.getUint16(offset + 2, true);
      const lower = source.getUint32(offset + 4, true);
      for (let e = 0; e < 256; e++) {
        const group = e >> 5;
        const scale = ((lower >>> (4 * group)) & 15) | (((upper >> (2 * group)) & 3) << 4);
        const q = (source.getUint8(offset + 8 + 16 * group + (e & 15)) >> (e & 16 ? 4 : 0)) & 15;
        values[i + e] = d * (scale - 32) * iq4Values[q]!;
      }
    }
    return values;
  },
  wgsl,
};
