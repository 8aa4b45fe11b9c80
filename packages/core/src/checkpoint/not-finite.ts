import { encodings, type WeightEncoding } from './encoding.ts';

/** A weight that is no number to compute with. `element` counts from the start of the bytes; of a block, its first. */
export type NotFinite = { readonly element: number; readonly kind: 'NaN' | 'infinity' };

/** Where the halves (f16) of a quantised block lie that its weights are multiples of. Its other fields are integers. */
const scaleOffsets: Readonly<Record<Exclude<WeightEncoding, 'f32' | 'f16' | 'bf16'>, readonly number[]>> = {
  q4_0: [0],
  q4_1: [0, 2],
  q5_0: [0],
  q5_1: [0, 2],
  q8_0: [0],
  q2_k: [80, 82],
  q3_k: [108],
  q4_k: [0, 2],
  q5_k: [0, 2],
  q6_k: [208],
  iq4_nl: [0],
  iq4_xs: [0],
};

/** The first NaN or infinity among weights, found by exponents of all ones in floats and in the scales of blocks. */
export function findNotFinite(encoding: WeightEncoding, bytes: Uint8Array): NotFinite | undefined {
  if (encoding === 'f32') return findInWords(bytes, 1, 0x7f800000, 0);
  if (encoding === 'bf16') return findInWords(bytes, 2, 0x7f800000, 0x7f80);
  if (encoding === 'f16') return findInWords(bytes, 2, 0x7c000000, 0x7c00);
  const { blockBytes, blockElements } = encodings[encoding];
  const view = viewOf(bytes);
  for (const field of scaleOffsets[encoding]) {
    for (let offset = field; offset < bytes.length; offset += blockBytes) {
      const half = view.getUint16(offset, true);
      if ((half & 0x7c00) === 0x7c00) {
        return { element: ((offset - field) / blockBytes) * blockElements, kind: kindOf(half & 0x3ff) };
      }
    }
  }
  return undefined;
}

/** Looks at a word at a time. `high` and `low` are the exponents in it: one of single precision, or two of 16 bits. */
function findInWords(bytes: Uint8Array, perWord: 1 | 2, high: number, low: number): NotFinite | undefined {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
  let word = 0;
  while (word < words.length && !matches(words[word]!, high, low)) word++;
  // The word that was found, or a last half word.
  const view = viewOf(bytes);
  for (let offset = 4 * word; offset < bytes.length; offset += 4 / perWord) {
    const value = perWord === 1 ? view.getUint32(offset, true) : view.getUint16(offset, true);
    const exponent = perWord === 1 ? high : low;
    if ((value & exponent) !== exponent) continue;
    const fraction = exponent & -exponent; // its lowest bit: below it lies the fraction
    return { element: (offset * perWord) / 4, kind: kindOf(value & (fraction - 1)) };
  }
  return undefined;
}

const matches = (word: number, high: number, low: number): boolean =>
  (word & high) === high || (low !== 0 && (word & low) === low);

const kindOf = (fraction: number): NotFinite['kind'] => (fraction === 0 ? 'infinity' : 'NaN');

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);
