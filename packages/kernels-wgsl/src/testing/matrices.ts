import { allocatePlanes, packRows } from '../weights/pack.ts';
import { fileRowBytes, PANEL, type Planes, type WeightFormat } from '../weights/weight-format.ts';
import { randomNormal, randomSource } from './random.ts';

/** Where the f16 fields of a quantised block are: random bits there would be NaN or enormous. */
const halfFields: Partial<Record<WeightFormat['name'], readonly number[]>> = {
  q8_0: [0],
  q4_0: [0],
  q4_1: [0, 2],
  q5_0: [0],
  q5_1: [0, 2],
  q4_k: [0, 2],
  q5_k: [0, 2],
  q6_k: [208],
  q2_k: [80, 82],
  q3_k: [108],
  iq4_nl: [0],
  iq4_xs: [0],
};

/** A random matrix as it lies in a file, with weights of the size of a real model's. */
export function randomMatrix(
  format: WeightFormat,
  seed: number,
  rows: number,
  columns: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(rows * fileRowBytes(format, columns));
  const view = new DataView(bytes.buffer);
  const { blockBytes } = format;
  const fields = halfFields[format.name];
  if (!fields) {
    const values = randomNormal(seed, rows * columns, 0.05);
    if (format.name === 'f32') values.forEach((value, i) => void view.setFloat32(4 * i, value, true));
    if (format.name === 'f16') values.forEach((value, i) => void view.setFloat16(2 * i, value, true));
    if (format.name === 'bf16') values.forEach((value, i) => void view.setUint16(2 * i, bf16Bits(value), true));
    return bytes;
  }
  const random = randomSource(seed);
  const words = new Uint32Array(bytes.buffer, 0, Math.floor(bytes.byteLength / 4));
  for (let i = 0; i < words.length; i++) words[i] = random() * 2 ** 32;
  for (let block = 0; block < bytes.byteLength; block += blockBytes) {
    for (const field of fields) view.setFloat16(block + field, (random() - 0.3) * 0.01, true);
  }
  return bytes;
}

const single = new DataView(new ArrayBuffer(4));
function bf16Bits(value: number): number {
  single.setFloat32(0, value);
  return single.getUint16(0);
}

/** Both planes of a whole matrix; `scales` is never empty, since a binding cannot be. */
export function packMatrix(format: WeightFormat, bytes: Uint8Array, rows: number, columns: number): Planes {
  const planes = allocatePlanes(format, Math.ceil(rows / PANEL), columns);
  packRows(format, bytes, rows, columns, planes);
  return planes.scales.length > 0 ? planes : { ...planes, scales: new Uint32Array(4) };
}
