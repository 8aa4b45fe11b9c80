/**
 * Moves of bits from a GGUF super-block, whose fields spread over its 256 columns, to words that hold one group of 32
 * columns each. In all of them byte i of a word belongs to columns 4 * quad + i.
 */

/** Bits 0..3 of bytes 0..31, or 4..7, as 16 bytes: columns 0..15 in low nibbles, 16..31 in high ones. */
export function moveNibbles(source: DataView, offset: number, upper: boolean, weights: Uint32Array, to: number): void {
  for (let i = 0; i < 4; i++) {
    const first = source.getUint32(offset + 4 * i, true);
    const last = source.getUint32(offset + 16 + 4 * i, true);
    weights[to + i] = upper
      ? ((first >>> 4) & 0x0f0f0f0f) | (last & 0xf0f0f0f0)
      : (first & 0x0f0f0f0f) | ((last & 0x0f0f0f0f) << 4);
  }
}

/** Bits 2 * pair and 2 * pair + 1 of 16 bytes: those of byte 4 * q + i become bits 2 * q and 2 * q + 1 of byte i. */
export function pairsOf(source: DataView, offset: number, pair: number): number {
  let word = 0;
  for (let q = 0; q < 4; q++) {
    word |= ((source.getUint32(offset + 4 * q, true) >>> (2 * pair)) & 0x03030303) << (2 * q);
  }
  return word;
}

/** Bit `bit` of 32 bytes: that of byte 4 * q + i becomes bit q of byte i. */
export function bitsOf(source: DataView, offset: number, bit: number): number {
  let word = 0;
  for (let q = 0; q < 8; q++) word |= ((source.getUint32(offset + 4 * q, true) >>> bit) & 0x01010101) << q;
  return word;
}

/** Bit 4 * q + i becomes bit q of byte i. */
export function spreadBits(bits: number): number {
  let word = 0;
  // The product places bit i of four at bit 8 * i.
  for (let q = 0; q < 8; q++) word |= ((((bits >>> (4 * q)) & 15) * 0x204081) & 0x01010101) << q;
  return word;
}
