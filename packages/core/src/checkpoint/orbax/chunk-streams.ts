import type { ByteSource } from '../../storage/byte-source.ts';
import { BinaryReader } from '../binary-reader.ts';
import { DamagedDataError } from '../checkpoint-errors.ts';
import { gzipContent } from '../compression/gzip-stream.ts';
import { LARGEST_ZSTD_STREAM, zstdContent } from '../compression/zstd-stream.ts';
import type { Codec } from './zarr-metadata.ts';

/** Compressed chunks that are open at once; an array divided into more of them side by side is read much more slowly. */
const OPEN_LIMIT = 16;
/**
 * Bytes that they hold. Each has a window, of half a megabyte as Orbax writes it, and about as much again; a window may be
 * much larger.
 */
const MEMORY_LIMIT = 32 * 2 ** 20;

/** A compressed chunk: what tells it from others, its bytes, and how many they are unpacked. */
export type CompressedChunk = {
  readonly key: string;
  readonly source: ByteSource;
  readonly codec: Exclude<Codec, 'none'>;
  readonly size: number;
};

/** A compressed chunk being read from front to back, and how far it has got. */
type OpenChunk = { readonly pieces: AsyncGenerator<Uint8Array>; piece: Uint8Array; pieceStart: number };

/**
 * Reads parts of compressed chunks. Reading onward continues where the chunk was left, until its end; reading backward
 * starts it again: nothing of it is kept. Reads are carried out one after the other.
 */
export class ChunkStreams {
  readonly #open = new Map<string, OpenChunk>();
  #last: Promise<unknown> = Promise.resolve();

  /** Fills `target` with the content of a chunk from `offset` on. */
  read(chunk: CompressedChunk, offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    const reading = this.#last.then(() => this.#read(chunk, offset, target, signal));
    this.#last = reading.catch(() => {});
    return reading;
  }

  async #read(chunk: CompressedChunk, offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { key } = chunk;
    const end = offset + target.length;
    let open = this.#open.get(key);
    if (open && open.pieceStart > offset) {
      await this.#close(key);
      open = undefined;
    }
    open ??= { pieces: contentOf(chunk), piece: new Uint8Array(0), pieceStart: 0 };
    this.#open.delete(key);
    this.#open.set(key, open);
    await this.#makeRoom();
    try {
      while (open.pieceStart < end) {
        const from = Math.max(offset, open.pieceStart);
        const to = Math.min(end, open.pieceStart + open.piece.length);
        if (from < to) target.set(open.piece.subarray(from - open.pieceStart, to - open.pieceStart), from - offset);
        if (to === end) break;
        await advance(open, chunk);
        signal?.throwIfAborted();
      }
    } catch (error) {
      await this.#close(key);
      throw error;
    }
    if (end === chunk.size) await this.#close(key);
  }

  /** Closes what was not read for longest, so that what is read now, the last, may take all that a stream can. */
  async #makeRoom(): Promise<void> {
    const others = [...this.#open].slice(0, -1);
    let bytes = others.reduce((sum, [, open]) => sum + heldBytes(open), 0);
    for (const [key, open] of others) {
      if (this.#open.size <= OPEN_LIMIT && bytes <= MEMORY_LIMIT - LARGEST_ZSTD_STREAM) break;
      bytes -= heldBytes(open);
      await this.#close(key);
    }
  }

  async #close(key: string): Promise<void> {
    const open = this.#open.get(key);
    this.#open.delete(key);
    await open?.pieces.return(undefined);
  }
}

/** Pieces lie in the memory of the stream that gives them. */
const heldBytes = ({ piece }: OpenChunk): number => piece.buffer.byteLength;

async function advance(open: OpenChunk, { source, codec }: CompressedChunk): Promise<void> {
  // Before the next is asked for: the piece is not valid any more, and may have no length, afterwards.
  open.pieceStart += open.piece.length;
  const next = await open.pieces.next();
  if (next.done)
    throw new DamagedDataError(source.name, codec, {
      en: 'it is shorter than its shape',
      ja: '配列の形より短くなっています',
    });
  open.piece = next.value;
}

function contentOf({ source, codec }: CompressedChunk): AsyncGenerator<Uint8Array> {
  const reader = new BinaryReader(source, codec);
  return codec === 'zstd' ? zstdContent(reader) : gzipContent(reader);
}
