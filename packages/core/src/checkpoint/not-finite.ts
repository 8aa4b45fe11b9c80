import { encodings, type WeightEncoding } from './encoding.ts';

/** A weight that is no number to compute with. `element` counts from the start of the bytes; of a block, its first. */
export type NotFinite = { readonly element: number; readonly kind: 'NaN' | 'infinity' };

/** A float format: its width, and the bits of its exponent, which are all ones in NaN and infinity only. */
type Floats = { readonly bytes: 2 | 4; readonly exponent: number };

const half: Floats = { bytes: 2, exponent: 0x7c00 };
const floats = {
  f32: { bytes: 4, exponent: 0x7f800000 },
  f16: half,
  bf16: { bytes: 2, exponent: 0x7f80 },
} as const satisfies Record<string, Floats>;

/** Where the halves of a quantised block lie that its weights are multiples of. Its other fields are integers. */
const scaleOffsets: Readonly<Record<Exclude<WeightEncoding, keyof typeof floats>, readonly number[]>> = {
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

/** The first NaN or infinity among weights: a float, or a scale of a quantised block. Takes a fraction of a nanosecond a byte. */
export function findNotFinite(encoding: WeightEncoding, bytes: Uint8Array): NotFinite | undefined {
  if (encoding in floats) {
    const format = floats[encoding as keyof typeof floats];
    if (allFinite(bytes, format)) return undefined;
    return findFrom(bytes, format, 0, format.bytes, 1);
  }
  const { blockBytes, blockElements } = encodings[encoding];
  for (const offset of scaleOffsets[encoding as keyof typeof scaleOffsets]) {
    if (scalesFinite(bytes, offset, blockBytes)) continue;
    return findFrom(bytes, half, offset, blockBytes, blockElements);
  }
  return undefined;
}

// Both loops are without a branch: one is added to every exponent, and a carry out of it, which all ones give, is kept.

function allFinite(bytes: Uint8Array, { bytes: size, exponent }: Floats): boolean {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
  const perWord = size === 4 ? 1 : 0x10001;
  const one = exponent & -exponent;
  const [mask, ones] = [exponent * perWord, one * perWord];
  let carries = 0;
  const whole = words.length & ~3; // four words a turn take a fifth less time
  for (let i = 0; i < whole; i += 4) {
    const first = ((words[i]! & mask) + ones) | ((words[i + 1]! & mask) + ones);
    const second = ((words[i + 2]! & mask) + ones) | ((words[i + 3]! & mask) + ones);
    carries |= first | second;
  }
  for (let i = whole; i < words.length; i++) carries |= (words[i]! & mask) + ones;
  // An odd number of 16-bit floats.
  if (aligned.length % 4 !== 0) carries |= (viewOf(aligned).getUint16(aligned.length - 2, true) & exponent) + one;
  return (carries & (size === 4 ? 0x80000000 : 0x80008000)) === 0;
}

function scalesFinite(bytes: Uint8Array, offset: number, blockBytes: number): boolean {
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  const halves = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length >> 1);
  let carries = 0;
  for (let i = offset >> 1; i < halves.length; i += blockBytes >> 1) carries |= (halves[i]! & half.exponent) + 0x400;
  return (carries & 0x8000) === 0;
}

/** The first of the floats at `offset`, `offset + stride`, … that is not finite; `elements` of the weights belong to each. */
function findFrom(
  bytes: Uint8Array,
  { bytes: size, exponent }: Floats,
  offset: number,
  stride: number,
  elements: number,
): NotFinite | undefined {
  const view = viewOf(bytes);
  for (let i = 0, at = offset; at < bytes.length; i++, at += stride) {
    const value = size === 4 ? view.getUint32(at, true) : view.getUint16(at, true);
    if ((value & exponent) !== exponent) continue;
    const fraction = value & ((exponent & -exponent) - 1);
    return { element: i * elements, kind: fraction === 0 ? 'infinity' : 'NaN' };
  }
  return undefined;
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);
