import type { Bytes } from '../storage/byte-source.ts';

const encoder = new TextEncoder();
/** Holds one text while it is encoded. */
let scratch = new Uint8Array(1024);

const FIRST_PIECE = 1024;
const LARGEST_PIECE = 2 ** 20;

/**
 * Little-endian values one after the other: for headers, of up to hundreds of thousands of values. Memory grows by
 * pieces, so that nothing is copied and no array is left behind.
 */
export class ByteWriter {
  #complete: Bytes[] = [];
  #completeLength = 0;
  #piece = new Uint8Array(FIRST_PIECE);
  #view = new DataView(this.#piece.buffer);
  #at = 0;

  get length(): number {
    return this.#completeLength + this.#at;
  }

  /** What was written so far, in order; valid until the next write. */
  get pieces(): readonly Bytes[] {
    return [...this.#complete, this.#piece.subarray(0, this.#at)];
  }

  /** The same as one array. */
  result(): Bytes {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const piece of this.pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }

  /** Begins anew in the same memory. */
  clear(): void {
    this.#complete = [];
    this.#completeLength = 0;
    this.#at = 0;
  }

  u8(value: number): void {
    const at = this.#take(1);
    this.#view.setUint8(at, value);
  }

  u32(value: number): void {
    const at = this.#take(4);
    this.#view.setUint32(at, value, true);
  }

  i32(value: number): void {
    const at = this.#take(4);
    this.#view.setInt32(at, value, true);
  }

  f32(value: number): void {
    const at = this.#take(4);
    this.#view.setFloat32(at, value, true);
  }

  u64(value: number | bigint): void {
    const at = this.#take(8);
    this.#view.setBigUint64(at, BigInt(value), true);
  }

  bytes(values: Uint8Array): void {
    const at = this.#take(values.length);
    this.#piece.set(values, at);
  }

  /** UTF-8 without its length. */
  text(value: string): void {
    this.#copy(scratch, encode(value));
  }

  /** UTF-8 after its length in 64 bits. */
  sizedText(value: string): void {
    const length = encode(value);
    this.u64(length);
    this.#copy(scratch, length);
  }

  /** All that another has written. */
  append(other: ByteWriter): void {
    for (const piece of other.#complete) this.bytes(piece);
    this.#copy(other.#piece, other.#at);
  }

  /** Adds `byte` until the length is `length`. */
  padTo(length: number, byte = 0): void {
    const missing = length - this.length;
    const at = this.#take(missing);
    this.#piece.fill(byte, at, at + missing);
  }

  /** Byte by byte: texts are short, and a view of each would take more memory than they do. */
  #copy(from: Uint8Array, length: number): void {
    const at = this.#take(length);
    for (let i = 0; i < length; i++) this.#piece[at + i] = from[i]!;
  }

  /** Where the next `length` bytes go in the piece, which may be another one than before. */
  #take(length: number): number {
    if (this.#at + length > this.#piece.length) {
      this.#complete.push(this.#piece.subarray(0, this.#at));
      this.#completeLength += this.#at;
      this.#piece = new Uint8Array(Math.max(length, Math.min(LARGEST_PIECE, 2 * this.#piece.length)));
      this.#view = new DataView(this.#piece.buffer);
      this.#at = 0;
    }
    const at = this.#at;
    this.#at += length;
    return at;
  }
}

/** Encodes a text into `scratch`; returns how many bytes it has. */
function encode(value: string): number {
  const most = 3 * value.length;
  if (most > scratch.length) scratch = new Uint8Array(2 * most);
  return encoder.encodeInto(value, scratch).written;
}
