import { encodings, type FloatEncoding } from '../checkpoint/encoding.ts';

/** Writes finite floats to the start of `target` as they are in single precision, which holds them all exactly. */
export function widenFloats(encoding: FloatEncoding, bytes: Uint8Array, target: Float32Array): void {
  const { blockBytes } = encodings[encoding];
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % blockBytes === 0 ? bytes : bytes.slice();
  const count = byteLength / blockBytes;
  if (encoding === 'f32') {
    target.set(new Float32Array(buffer, byteOffset, count));
    return;
  }
  const halves = new Uint16Array(buffer, byteOffset, count);
  const words = new Uint32Array(target.buffer, target.byteOffset, count);
  if (encoding === 'bf16') {
    for (let i = 0; i < count; i++) words[i] = halves[i]! << 16;
    return;
  }
  for (let i = 0; i < count; i++) {
    const half = halves[i]!;
    words[i] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13);
    target[i]! *= 2 ** 112; // the exponents' biases, 127 and 15, differ by that; exact for subnormal numbers too
  }
}
