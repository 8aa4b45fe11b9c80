const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1;
  return remainder;
});

/** What is said of data that a checksum does not agree with. */
export const checksumDiffers = { en: 'its CRC-32C does not match', ja: 'CRC-32Cが一致しません' };

/** CRC-32C (Castagnoli), as OCDBT nodes and zarr's shard indices end with. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
