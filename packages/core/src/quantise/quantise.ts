import { encodings } from '../checkpoint/encoding.ts';
import { q4_0, q4_1, q5_0, q5_1, q8_0 } from './blocks-of-32.ts';
import { numberToBfloat16, numberToHalf } from './narrow-floats.ts';
import type { Quantiser } from './quantiser.ts';
import { q4_k, q5_k, q6_k } from './super-blocks.ts';

/** Every encoding we can write. */
const quantisers = {
  f32: (values, at, target, offset) => target.setFloat32(offset, values[at]!, true),
  f16: (values, at, target, offset) => target.setUint16(offset, numberToHalf(values[at]!), true),
  bf16: (values, at, target, offset) => target.setUint16(offset, numberToBfloat16(values[at]!), true),
  q8_0,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q4_k,
  q5_k,
  q6_k,
} as const satisfies Record<string, Quantiser>;

export type WritableEncoding = keyof typeof quantisers;

/** Encodes weights, a whole number of blocks, into `target`, which has just the bytes for them. */
export function quantise(encoding: WritableEncoding, values: Float32Array, target: Uint8Array): void {
  const { blockElements, blockBytes } = encodings[encoding];
  const blocks = values.length / blockElements;
  if (target.length !== blocks * blockBytes)
    throw new RangeError(
      `${values.length} weights in ${encoding} take ${blocks * blockBytes} bytes, not ${target.length}`,
    );
  const quantiser: Quantiser = quantisers[encoding];
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  for (let block = 0; block < blocks; block++) quantiser(values, block * blockElements, view, block * blockBytes);
}
