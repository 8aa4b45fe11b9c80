import type { BinaryReader } from '../binary-reader.ts';
import { DamagedDataError, UnsupportedFeatureError } from '../checkpoint-errors.ts';
import { CorruptDataError } from './bit-readers.ts';
import { BLOCK_LIMIT, BlockDecoder, SPARE_BYTES } from './zstd-block.ts';
import { FRAME_MAGIC, isSkippable, LONGEST_HEADER, readBlockHeader, readFrameHeader } from './zstd-frame.ts';

/** What zstd's own tools use up to level 19. More would cost that much memory for every open stream. */
const WINDOW_LIMIT = 8 * 2 ** 20;

/**
 * The content of zstd frames (RFC 8878), block by block, up to the end of the reader's source. Each piece is at most
 * 128 KiB and valid until the next is asked for; memory is the frame's window and a few blocks. Checksums are not
 * verified.
 */
export async function* zstdContent(reader: BinaryReader): AsyncGenerator<Uint8Array> {
  const file = reader.source.name;
  try {
    while (reader.remaining > 0) {
      await reader.need(4, 'frame');
      const magic = reader.u32();
      if (isSkippable(magic)) {
        await reader.need(4, 'frame');
        reader.skip(reader.u32(), 'skippable frame');
      } else if (magic === FRAME_MAGIC) yield* frameContent(reader);
      else throw new CorruptDataError('frame');
    }
  } catch (error) {
    if (error instanceof CorruptDataError) throw new DamagedDataError(file, 'zstd', error.message, { cause: error });
    throw error;
  }
}

async function* frameContent(reader: BinaryReader): AsyncGenerator<Uint8Array> {
  const start = Math.min(LONGEST_HEADER, reader.remaining);
  await reader.need(start, 'frame header');
  const { windowSize, contentSize, hasChecksum, byteLength } = readFrameHeader(reader.peek(start));
  reader.skip(byteLength, 'frame header');
  if (windowSize > WINDOW_LIMIT)
    throw new UnsupportedFeatureError(
      reader.source.name,
      `a zstd window of ${windowSize} bytes`,
      `a zstd window of at most ${WINDOW_LIMIT} bytes`,
    );

  const decoder = new BlockDecoder(windowSize);
  const input = new Uint8Array(SPARE_BYTES + BLOCK_LIMIT + SPARE_BYTES);
  let produced = 0;
  for (let last = false; !last; ) {
    await reader.need(3, 'block header');
    const header = readBlockHeader(reader.bytes(3));
    if (header.size > BLOCK_LIMIT) throw new CorruptDataError('block size');
    const stored = header.type === 'repeat' ? 1 : header.size;
    await reader.need(stored, 'block');
    input.set(reader.bytes(stored), SPARE_BYTES);
    const content = decoder.decode(header, input);
    produced += content.length;
    last = header.last;
    yield content;
  }
  if (contentSize !== undefined && produced !== contentSize) throw new CorruptDataError('content size');
  if (hasChecksum) {
    await reader.need(4, 'checksum');
    reader.skip(4, 'checksum');
  }
}
