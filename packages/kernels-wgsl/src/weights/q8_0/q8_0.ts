import { halfToNumber } from '../half.ts';
import { moveLines, viewOf } from '../lines.ts';
import { PANEL, type WeightFormat } from '../weight-format.ts';
import { source as wgsl } from './q8_0.wgsl.ts';

/** GGUF Q8_0: f16 d; 32 signed bytes q. y = q * d. */
export const q8_0: WeightFormat = {
  name: 'q8_0',
  blockColumns: 32,
  blockBytes: 34,
  unitColumns: 32,
  weightBytes: 32,
  scaleBytes: 2,
  packUnit(source, offset, { weights, scaleHalves }, unit, lane) {
    scaleHalves[unit * PANEL + lane] = source.getUint16(offset, true);
    moveLines(source, offset + 2, weights, 2, unit, lane);
  },
  dequantize(bytes, count, values = new Float32Array(count)) {
    const source = viewOf(bytes);
    for (let offset = 0, i = 0; i < count; offset += 34, i += 32) {
      const d = halfToNumber(source.getUint16(offset, true));
      for (let e = 0; e < 32; e++) values[i + e] = source.getInt8(offset + 2 + e) * d;
    }
    return values;
  },
  wgsl,
};
