import { numberToHalf } from './narrow-floats.ts';
import type { Quantiser } from './quantiser.ts';

// Blocks of 32 with one scale, rounded to nearest. Single precision where the usual converters have it, so that they
// and we write the same bytes.
const { fround } = Math;
const COUNT = 32;
const codes = new Uint8Array(COUNT);

/** Q8_0: f16 d = max |x| / 127; 32 signed bytes x / d, halves away from zero. */
export const q8_0: Quantiser = (values, at, target, offset) => {
  let low = 0;
  let high = 0;
  for (let i = at; i < at + COUNT; i++) {
    const x = values[i]!;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  const d = fround(Math.max(high, -low) / 127);
  const inverse = inverseOf(d);
  target.setUint16(offset, numberToHalf(d), true);
  for (let i = 0; i < COUNT; i++) {
    const scaled = fround(values[at + i]! * inverse);
    target.setInt8(offset + 2 + i, (scaled + (scaled < 0 ? -0.5 : 0.5)) | 0);
  }
};

/** Q4_0: f16 d, so that the value of the largest magnitude becomes -8 d; codes q of (q - 8) d. */
export const q4_0: Quantiser = (values, at, target, offset) => {
  target.setUint16(offset, symmetricCodes(values, at, 8), true);
  writeNibbles(target, offset + 2);
};

/** Q5_0: as Q4_0 with (q - 16) d. */
export const q5_0: Quantiser = (values, at, target, offset) => {
  target.setUint16(offset, symmetricCodes(values, at, 16), true);
  target.setUint32(offset + 2, fifthBits(), true);
  writeNibbles(target, offset + 6);
};

/** Q4_1: f16 d, f16 m; 16 levels q d + m from the smallest value to the largest. */
export const q4_1: Quantiser = (values, at, target, offset) => {
  writeAffine(values, at, 15, target, offset);
  writeNibbles(target, offset + 4);
};

/** Q5_1: as Q4_1 with 32 levels. */
export const q5_1: Quantiser = (values, at, target, offset) => {
  writeAffine(values, at, 31, target, offset);
  target.setUint32(offset + 4, fifthBits(), true);
  writeNibbles(target, offset + 8);
};

/** Sets the codes 0 … 2 `zero` - 1; returns the bits of d. */
function symmetricCodes(values: Float32Array, at: number, zero: number): number {
  const d = fround(extreme(values, at) / -zero);
  const inverse = inverseOf(d);
  for (let i = 0; i < COUNT; i++) {
    codes[i] = Math.min(2 * zero - 1, fround(fround(values[at + i]! * inverse) + (zero + 0.5)));
  }
  return numberToHalf(d);
}

function writeAffine(values: Float32Array, at: number, most: number, target: DataView, offset: number): void {
  let low = values[at]!;
  let high = low;
  for (let i = 1; i < COUNT; i++) {
    low = Math.min(low, values[at + i]!);
    high = Math.max(high, values[at + i]!);
  }
  const d = fround(fround(high - low) / most);
  const inverse = inverseOf(d);
  for (let i = 0; i < COUNT; i++) {
    codes[i] = Math.min(most, fround(fround(fround(values[at + i]! - low) * inverse) + 0.5));
  }
  target.setUint16(offset, numberToHalf(d), true);
  target.setUint16(offset + 2, numberToHalf(low), true);
}

/** The value of the largest magnitude, the first of several. */
function extreme(values: Float32Array, at: number): number {
  let found = 0;
  for (let i = 0; i < COUNT; i++) if (Math.abs(values[at + i]!) > Math.abs(found)) found = values[at + i]!;
  return found;
}

/** 0 where d is so small that its inverse is no number: all codes mean about zero then. */
function inverseOf(d: number): number {
  const inverse = fround(1 / d);
  return Number.isFinite(inverse) ? inverse : 0;
}

/** Codes 0..15 in low nibbles, 16..31 in high ones. */
function writeNibbles(target: DataView, offset: number): void {
  for (let i = 0; i < 16; i++) target.setUint8(offset + i, (codes[i]! & 15) | ((codes[i + 16]! & 15) << 4));
}

function fifthBits(): number {
  let word = 0;
  for (let i = 0; i < COUNT; i++) word |= (codes[i]! >> 4) << i;
  return word;
}
