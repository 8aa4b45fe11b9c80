import { moveLines, viewOf } from '../lines.ts';
import type { WeightFormat } from '../weight-format.ts';
import { source as wgsl } from './bf16.wgsl.ts';

/** bfloat16: the upper half of an IEEE single. */
export const bf16: WeightFormat = {
  name: 'bf16',
  blockColumns: 1,
  blockBytes: 2,
  unitColumns: 32,
  weightBytes: 64,
  scaleBytes: 0,
  packUnit: (source, offset, { weights }, unit, lane) => moveLines(source, offset, weights, 4, unit, lane),
  dequantize(bytes, count, values = new Float32Array(count)) {
    const source = viewOf(bytes);
    const bits = new Uint32Array(values.buffer, values.byteOffset, count);
    for (let i = 0; i < count; i++) bits[i] = source.getUint16(2 * i, true) << 16;
    return values;
  },
  wgsl,
};
