/**
 * Scale and minimum of group `index` of a super-block of Q4_K or Q5_K, from its 12 bytes at `offset`: 6 bits each, those
 * of groups 4 to 7 in two pieces.
 */
export function scaleAndMinimum(source: DataView, offset: number, index: number): [scale: number, minimum: number] {
  const byte = (i: number): number => source.getUint8(offset + i);
  if (index < 4) return [byte(index) & 63, byte(index + 4) & 63];
  const low = byte(index + 4);
  return [(low & 15) | ((byte(index - 4) >> 6) << 4), (low >> 4) | ((byte(index) >> 6) << 4)];
}
