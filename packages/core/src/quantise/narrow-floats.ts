const value = new Float32Array(1);
const bits = new Uint32Array(value.buffer);

/** The bits of the nearest half (binary16) of a single-precision number, ties to even; infinite from 65520 on. */
export function numberToHalf(number: number): number {
  value[0] = number;
  const sign = (bits[0]! >>> 16) & 0x8000;
  const magnitude = bits[0]! & 0x7fffffff;
  if (magnitude >= 0x7f800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  // Below 2^-14 halves are multiples of 2^-24. Adding 2^52 leaves no place for a fraction, and rounds to even.
  if (magnitude < 0x38800000) return sign | (Math.abs(value[0]!) * 2 ** 24 + 2 ** 52 - 2 ** 52);
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | Math.min((rounded - 0x38000000) >>> 13, 0x7c00);
}

/** The bits of the nearest bfloat16 of a single-precision number, ties to even. */
export function numberToBfloat16(number: number): number {
  value[0] = number;
  const word = bits[0]!;
  if ((word & 0x7fffffff) > 0x7f800000) return (word >>> 16) | 0x40;
  return ((word + 0x7fff + ((word >>> 16) & 1)) >>> 16) & 0xffff;
}
