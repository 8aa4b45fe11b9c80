import { fileRowBytes, type WeightEncoding, weightFormats } from '@tama/kernels-wgsl';

export type { WeightEncoding } from '@tama/kernels-wgsl';
export type FloatEncoding = 'f32' | 'f16' | 'bf16';

/** How weights are stored: elements a block, bytes a block. The layouts themselves are those of kernels-wgsl. */
export const encodings = Object.fromEntries(
  Object.values(weightFormats).map(({ name, blockColumns, blockBytes }) => [
    name,
    { blockElements: blockColumns, blockBytes },
  ]),
) as Readonly<Record<WeightEncoding, { readonly blockElements: number; readonly blockBytes: number }>>;

export const isFloat = (encoding: WeightEncoding): encoding is FloatEncoding => encodings[encoding].blockElements === 1;

/** Bytes of one row of `width` elements; `width` is a multiple of the encoding's block. */
export const rowBytes = (encoding: WeightEncoding, width: number): number =>
  fileRowBytes(weightFormats[encoding], width);

/** Little-endian floats as numbers. Every f16 and bf16 value is exact in f32. */
export const decodeFloats = (encoding: FloatEncoding, bytes: Uint8Array): Float32Array<ArrayBuffer> =>
  weightFormats[encoding].dequantize(bytes, bytes.length / encodings[encoding].blockBytes);
