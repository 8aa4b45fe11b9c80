/** How weights are stored: elements a block, bytes a block. Names are ggml's; layouts are in docs and kernels-wgsl. */
export const encodings = {
  f32: { blockElements: 1, blockBytes: 4 },
  f16: { blockElements: 1, blockBytes: 2 },
  bf16: { blockElements: 1, blockBytes: 2 },
  q4_0: { blockElements: 32, blockBytes: 18 },
  q4_1: { blockElements: 32, blockBytes: 20 },
  q5_0: { blockElements: 32, blockBytes: 22 },
  q5_1: { blockElements: 32, blockBytes: 24 },
  q8_0: { blockElements: 32, blockBytes: 34 },
  q2_k: { blockElements: 256, blockBytes: 84 },
  q3_k: { blockElements: 256, blockBytes: 110 },
  q4_k: { blockElements: 256, blockBytes: 144 },
  q5_k: { blockElements: 256, blockBytes: 176 },
  q6_k: { blockElements: 256, blockBytes: 210 },
  iq4_nl: { blockElements: 32, blockBytes: 18 },
  iq4_xs: { blockElements: 256, blockBytes: 136 },
} as const;

export type WeightEncoding = keyof typeof encodings;
export type FloatEncoding = 'f32' | 'f16' | 'bf16';

export const isFloat = (encoding: WeightEncoding): encoding is FloatEncoding => encodings[encoding].blockElements === 1;

/** Bytes of one row of `width` elements; `width` is a multiple of the encoding's block. */
export const rowBytes = (encoding: WeightEncoding, width: number): number =>
  (width / encodings[encoding].blockElements) * encodings[encoding].blockBytes;

/** Little-endian floats as numbers. Every f16 and bf16 value is exact in f32. */
export function decodeFloats(encoding: FloatEncoding, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const { blockBytes } = encodings[encoding];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(bytes.length / blockBytes);
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < values.length; i++) {
    if (encoding === 'f32') words[i] = view.getUint32(4 * i, true);
    else if (encoding === 'bf16') words[i] = view.getUint16(2 * i, true) << 16;
    else values[i] = halfToNumber(view.getUint16(2 * i, true));
  }
  return values;
}

/** The value of an IEEE 754 half (binary16) given by its bits. */
export function halfToNumber(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  const magnitude =
    exponent === 0
      ? mantissa * 2 ** -24
      : exponent < 31
        ? (1024 + mantissa) * 2 ** (exponent - 25)
        : mantissa
          ? Number.NaN
          : Infinity;
  return bits & 0x8000 ? -magnitude : magnitude;
}
