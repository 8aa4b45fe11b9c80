import { encodings } from '../checkpoint/encoding.ts';
import type { TensorRole } from '../checkpoint/gemma2-tensors.ts';
import type { WritableEncoding } from '../quantise/quantise.ts';

/** What a model's matrices can be converted to. `k` types mix encodings, `m` with more bits in some layers than `s`. */
export const weightTypes = [
  'f32',
  'f16',
  'bf16',
  'q8_0',
  'q6_k',
  'q5_k_m',
  'q5_k_s',
  'q5_1',
  'q5_0',
  'q4_k_m',
  'q4_k_s',
  'q4_1',
  'q4_0',
] as const;
export type WeightType = (typeof weightTypes)[number];
/** The types that are not quantised, which are those of safetensors. */
export type FloatType = 'f32' | 'f16' | 'bf16';

export const isFloatType = (type: WeightType): type is FloatType => type === 'f32' || type === 'f16' || type === 'bf16';

const baseEncoding: Readonly<Record<WeightType, WritableEncoding>> = {
  f32: 'f32',
  f16: 'f16',
  bf16: 'bf16',
  q8_0: 'q8_0',
  q6_k: 'q6_k',
  q5_k_m: 'q5_k',
  q5_k_s: 'q5_k',
  q5_1: 'q5_1',
  q5_0: 'q5_0',
  q4_k_m: 'q4_k',
  q4_k_s: 'q4_k',
  q4_1: 'q4_1',
  q4_0: 'q4_0',
};

/** Which matrix of how many layers; the embedding and the head have no layer. */
export type MatrixPlace = {
  readonly role: TensorRole | 'head';
  readonly layer?: number | undefined;
  readonly layers: number;
};

/**
 * The encoding of a matrix with rows of `width` in a file of a type, by the rules of llama.cpp's quantiser: the
 * embedding, which is the output matrix as well, keeps 6 bits or more, and the `k` types give values and down
 * projections more bits where errors cost most, in the first and last layers and every third between.
 */
export function matrixEncoding(
  type: WeightType,
  { role, layer = 0, layers }: MatrixPlace,
  width: number,
): WritableEncoding {
  return fitting(wanted(type, role, layer, layers), width);
}

function wanted(type: WeightType, role: MatrixPlace['role'], layer: number, layers: number): WritableEncoding {
  const base = baseEncoding[type];
  if (role === 'embedding' || role === 'head') return isFloatType(type) || type === 'q8_0' ? base : 'q6_k';
  const isSensitive = role === 'value' || role === 'down';
  const eighth = Math.floor(layers / 8);
  if (type === 'q4_k_m' || type === 'q5_k_m') {
    const last = layer >= Math.floor((7 * layers) / 8);
    const moreBits = layer < eighth || last || (layer - eighth) % 3 === 2;
    return isSensitive && moreBits ? 'q6_k' : base;
  }
  if (type === 'q4_k_s') return (role === 'value' && layer < 4) || (role === 'down' && layer < eighth) ? 'q5_k' : base;
  return base;
}

/** Rows that are no whole number of blocks take an encoding with smaller blocks, of the same number of bits or more. */
export function fitting(encoding: WritableEncoding, width: number): WritableEncoding {
  const { blockElements } = encodings[encoding];
  if (width % blockElements === 0) return encoding;
  if (blockElements === 32) return 'f16';
  return fitting(encoding === 'q4_k' ? 'q5_0' : encoding === 'q5_k' ? 'q5_1' : 'q8_0', width);
}
