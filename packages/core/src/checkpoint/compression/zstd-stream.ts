import type { Expectation } from '../../expectation.ts';
import type { BinaryReader } from '../binary-reader.ts';
import { DamagedDataError, UnsupportedFeatureError } from '../checkpoint-errors.ts';
import { giveBackZstdDecoder, takeZstdDecoder, type ZstdDecoder } from './zstd-decoder.ts';

/** What zstd's own tools use up to level 19. More would cost that much memory for every open stream. */
const WINDOW_LIMIT = 8 * 2 ** 20;
/** The memory of a stream with the largest window: the buffers and tables are less than a megabyte. */
export const LARGEST_ZSTD_STREAM = WINDOW_LIMIT + 2 ** 20;
const frame = { en: 'frame', ja: 'フレーム' };
/** ZSTD_FRAMEHEADERSIZE_MAX */
const LONGEST_HEADER = 18;
/** ZSTD_error_frameParameter_windowTooLarge: beyond 1 GiB, libzstd does not say how large. */
const WINDOW_TOO_LARGE = 16;

/**
 * The content of zstd frames (RFC 8878), piece by piece, up to the end of the reader's source; unpacked by libzstd, which
 * verifies the checksums there are. Each piece is at most 128 KiB and valid until the next is asked for; memory is the
 * largest window and less than a megabyte.
 */
export async function* zstdContent(reader: BinaryReader): AsyncGenerator<Uint8Array> {
  const { name } = reader.source;
  const decoder = await takeZstdDecoder(name);
  let isSound = true;
  try {
    while (reader.remaining > 0) {
      if (await beginFrame(reader, decoder)) yield* frameContent(reader, decoder);
    }
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    // A fault of libzstd that left its memory as it was just then. Nothing outside of that was reached.
    isSound = false;
    throw new DamagedDataError(name, 'zstd', error.message, { cause: error });
  } finally {
    if (isSound) giveBackZstdDecoder(decoder);
  }
}

/** Makes the decoder ready for the frame that begins here; false if it was one to be skipped. */
async function beginFrame(reader: BinaryReader, decoder: ZstdDecoder): Promise<boolean> {
  const { name } = reader.source;
  const start = Math.min(LONGEST_HEADER, reader.remaining);
  await reader.need(start, { en: 'frame header', ja: 'フレームのヘッダー' });
  new Uint8Array(decoder.memory.buffer, decoder.inputAddress()).set(reader.peek(start));
  const missing = decoder.readHeader(start);
  if (decoder.errorCode(missing) === WINDOW_TOO_LARGE)
    throw windowTooLarge(name, { en: 'more than 1 GiB', ja: '1 GiBを超える' });
  check(missing, decoder, name);
  if (missing > 0) await reader.need(missing, { en: 'frame header', ja: 'フレームのヘッダー' });
  if (decoder.isSkippable()) {
    reader.skip(decoder.headerSize(), frame);
    reader.skip(decoder.contentSize(), frame);
    return false;
  }
  const window = decoder.windowSize();
  if (window > WINDOW_LIMIT) throw windowTooLarge(name, { en: `${window} bytes`, ja: `${window}バイトの` });
  if (!decoder.begin(window)) throw new RangeError(`There is no memory for a zstd window of ${window} bytes.`);
  return true;
}

async function* frameContent(reader: BinaryReader, decoder: ZstdDecoder): AsyncGenerator<Uint8Array> {
  const input = new Uint8Array(decoder.memory.buffer, decoder.inputAddress(), decoder.inputBytes());
  const output = new Uint8Array(decoder.memory.buffer, decoder.outputAddress());
  let consumed = 0;
  let available = 0;
  let produced = 0;
  for (let hint = 1; hint !== 0; ) {
    if (consumed === available) {
      available = Math.min(input.length, Math.max(1, reader.remaining));
      await reader.need(available, frame);
      input.set(reader.peek(available));
      consumed = 0;
    }
    hint = decoder.decode(consumed, available, produced);
    check(hint, decoder, reader.source.name);
    reader.skip(decoder.consumed() - consumed, frame);
    consumed = decoder.consumed();
    produced = decoder.produced();
    // Not before the input is used up: what follows the last byte of content, a checksum, is then part of what was read.
    if (produced > 0 && (hint === 0 || consumed < available)) {
      yield output.subarray(0, produced);
      produced = 0;
    }
  }
}

function check(result: number, decoder: ZstdDecoder, file: string): void {
  if (decoder.errorCode(result) === 0) return;
  const name = new Uint8Array(decoder.memory.buffer, decoder.errorName(result));
  const text = new TextDecoder().decode(name.subarray(0, name.indexOf(0)));
  throw new DamagedDataError(file, 'zstd', text);
}

const windowTooLarge = (file: string, size: Expectation) =>
  new UnsupportedFeatureError(
    file,
    { en: `a zstd window of ${size.en}`, ja: `${size.ja}zstdウィンドウ` },
    { en: `a zstd window of at most ${WINDOW_LIMIT} bytes`, ja: `${WINDOW_LIMIT}バイト以下のzstdウィンドウ` },
  );
