import { corrupt } from './bit-readers.ts';

/** What a zstd frame says of itself before its blocks (RFC 8878, 3.1.1.1). */
export type FrameHeader = {
  readonly windowSize: number;
  readonly contentSize: number | undefined;
  readonly hasChecksum: boolean;
  /** Without the magic number. */
  readonly byteLength: number;
};

export const FRAME_MAGIC = 0xfd2fb528;
/** 0x184d2a50 to 0x184d2a5f begin a frame to be skipped: u32 length, data. */
export const isSkippable = (magic: number): boolean => magic >>> 4 === 0x184d2a5;
/** Descriptor, window, dictionary, content size. */
export const LONGEST_HEADER = 14;

/** Reads what follows the magic number: `bytes` holds {@link LONGEST_HEADER} bytes, or all there are. */
export function readFrameHeader(bytes: Uint8Array): FrameHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const descriptor = bytes[0] ?? corrupt('frame header');
  const singleSegment = (descriptor >> 5) & 1;
  const sizeFlag = descriptor >> 6;
  const dictionaryAt = 2 - singleSegment;
  const sizeAt = dictionaryAt + [0, 1, 2, 4][descriptor & 3]!;
  const sizeBytes = sizeFlag === 0 ? singleSegment : 1 << sizeFlag;
  const byteLength = sizeAt + sizeBytes;
  if ((descriptor & 8) !== 0 || byteLength > bytes.length) corrupt('frame header');
  if (bytes.subarray(dictionaryAt, sizeAt).some((byte) => byte !== 0)) corrupt('frame that needs a dictionary');
  const contentSize = readSize(view, sizeAt, sizeBytes);
  const windowSize = contentSize !== undefined && singleSegment === 1 ? contentSize : windowOf(bytes[1]!);
  return { windowSize, contentSize, hasChecksum: (descriptor & 4) !== 0, byteLength };
}

const windowOf = (descriptor: number): number => 2 ** (10 + (descriptor >> 3)) * (1 + (descriptor & 7) / 8);

function readSize(view: DataView, at: number, bytes: number): number | undefined {
  if (bytes === 0) return undefined;
  if (bytes === 1) return view.getUint8(at);
  if (bytes === 2) return view.getUint16(at, true) + 256;
  if (bytes === 4) return view.getUint32(at, true);
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

export type BlockHeader = {
  readonly last: boolean;
  readonly type: 'raw' | 'repeat' | 'compressed';
  /** Bytes of the block; of a repeated byte, how often it comes. */
  readonly size: number;
};

/** The three bytes before a block. */
export function readBlockHeader(bytes: Uint8Array): BlockHeader {
  const value = bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16);
  const type = (['raw', 'repeat', 'compressed'] as const)[(value >> 1) & 3] ?? corrupt('block type');
  return { last: (value & 1) === 1, type, size: value >> 3 };
}
