import { halfToNumber } from '../half.ts';
import { iq4Values } from '../iq4.ts';
import { viewOf } from '../lines.ts';
import { q4_0 } from '../q4_0/q4_0.ts';
import type { WeightFormat } from '../weight-format.ts';
import { source as wgsl } from './iq4_nl.wgsl.ts';

/** GGUF IQ4_NL: Q4_0 with a table of values. y = table[q] * d. */
export const iq4_nl: WeightFormat = {
  ...q4_0,
  name: 'iq4_nl',
  dequantize(bytes, count, values = new Float32Array(count)) {
    const source = viewOf(bytes);
    for (let offset = 0, i = 0; i < count; offset += 18, i += 32) {
      const d = halfToNumber(source.getUint16(offset, true));
      for (let e = 0; e < 16; e++) {
        const q = source.getUint8(offset + 2 + e);
        values[i + e] = iq4Values[q & 15]! * d;
        values[i + e + 16] = iq4Values[q >> 4]! * d;
      }
    }
    return values;
  },
  wgsl,
};
