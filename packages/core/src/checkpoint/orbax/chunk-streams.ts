import type { ByteSource } from '../../storage/byte-source.ts';
import { BinaryReader } from '../binary-reader.ts';
import { DamagedDataError } from '../checkpoint-errors.ts';
import { gzipContent } from '../compression/gzip-stream.ts';
import { zstdContent } from '../compression/zstd-stream.ts';
import type { Codec } from './zarr-metadata.ts';

/**
 * Compressed chunks that are open at once. Each holds a window, of half a megabyte as Orbax writes it, and about as much
 * again; an array divided into more chunks side by side is read much more slowly.
 */
const OPEN_LIMIT = 16;

/** A compressed chunk being read from front to back, and how far it has got. */
type OpenChunk = { readonly pieces: AsyncGenerator<Uint8Array>; piece: Uint8Array; pieceStart: number };

/**
 * Reads parts of compressed chunks. Reading onward continues where the chunk was left, reading backward starts it
 * again: nothing of it is kept. Reads are carried out one after the other.
 */
export class ChunkStreams {
  readonly #open = new Map<string, OpenChunk>();
  #last: Promise<unknown> = Promise.resolve();

  /** Fills `target` with the content of a chunk from `offset` on. `key` tells chunks apart. */
  read(
    key: string,
    chunk: ByteSource,
    codec: Exclude<Codec, 'none'>,
    offset: number,
    target: Uint8Array,
    signal?: AbortSignal,
  ): Promise<void> {
    const reading = this.#last.then(() => this.#read(key, chunk, codec, offset, target, signal));
    this.#last = reading.catch(() => {});
    return reading;
  }

  async #read(
    key: string,
    chunk: ByteSource,
    codec: Exclude<Codec, 'none'>,
    offset: number,
    target: Uint8Array,
    signal?: AbortSignal,
  ): Promise<void> {
    signal?.throwIfAborted();
    const end = offset + target.length;
    let open = this.#open.get(key);
    if (open && open.pieceStart > offset) {
      await this.#close(key);
      open = undefined;
    }
    open ??= { pieces: contentOf(chunk, codec), piece: new Uint8Array(0), pieceStart: 0 };
    this.#open.delete(key);
    this.#open.set(key, open);
    if (this.#open.size > OPEN_LIMIT) await this.#close(this.#open.keys().next().value!);
    try {
      while (open.pieceStart < end) {
        const from = Math.max(offset, open.pieceStart);
        const to = Math.min(end, open.pieceStart + open.piece.length);
        if (from < to) target.set(open.piece.subarray(from - open.pieceStart, to - open.pieceStart), from - offset);
        if (to === end) return;
        await advance(open, chunk.name, codec);
        signal?.throwIfAborted();
      }
    } catch (error) {
      this.#open.delete(key);
      throw error;
    }
  }

  async #close(key: string): Promise<void> {
    const open = this.#open.get(key);
    this.#open.delete(key);
    await open?.pieces.return(undefined);
  }
}

async function advance(open: OpenChunk, name: string, codec: Codec): Promise<void> {
  const next = await open.pieces.next();
  if (next.done) throw new DamagedDataError(name, codec, 'it is shorter than its shape');
  open.pieceStart += open.piece.length;
  open.piece = next.value;
}

function contentOf(chunk: ByteSource, codec: Exclude<Codec, 'none'>): AsyncGenerator<Uint8Array> {
  const reader = new BinaryReader(chunk, codec);
  return codec === 'zstd' ? zstdContent(reader) : gzipContent(reader);
}
