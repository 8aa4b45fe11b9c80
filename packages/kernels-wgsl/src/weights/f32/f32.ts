import { moveLines, viewOf } from '../lines.ts';
import type { WeightFormat } from '../weight-format.ts';
import { source as wgsl } from './f32.wgsl.ts';

/** IEEE single. */
export const f32: WeightFormat = {
  name: 'f32',
  blockColumns: 1,
  blockBytes: 4,
  unitColumns: 32,
  weightBytes: 128,
  scaleBytes: 0,
  packUnit: (source, offset, { weights }, unit, lane) => moveLines(source, offset, weights, 8, unit, lane),
  dequantize(bytes, count, values = new Float32Array(count)) {
    const source = viewOf(bytes);
    for (let i = 0; i < count; i++) values[i] = source.getFloat32(4 * i, true);
    return values;
  },
  wgsl,
};
