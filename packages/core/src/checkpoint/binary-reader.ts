import { atMost, validUtf8 } from '../expectation.ts';
import type { ByteSource } from '../storage/byte-source.ts';
import { MalformedFileError, TruncatedFileError } from './checkpoint-errors.ts';
import { type Field, otherBytes } from './field.ts';

const WINDOW_BYTES = 256 * 1024;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads little-endian values one after the other through a window over a source. `need` makes bytes available, or
 * says that the file is truncated; the getters then are synchronous, so that a header of a million values is cheap.
 */
export class BinaryReader {
  readonly source: ByteSource;
  readonly format: string;
  readonly #signal: AbortSignal | undefined;
  /** Used for every window, so what is read is gone with the next. */
  #buffer = new Uint8Array(0);
  #window = new DataView(new ArrayBuffer(0));
  #windowStart: number;
  #at = 0;

  constructor(
    source: ByteSource,
    format: string,
    { position = 0, signal }: { position?: number; signal?: AbortSignal | undefined } = {},
  ) {
    this.source = source;
    this.format = format;
    this.#windowStart = position;
    this.#signal = signal;
  }

  get position(): number {
    return this.#windowStart + this.#at;
  }

  get remaining(): number {
    return this.source.size - this.position;
  }

  /** True if `need(length)` would not have to wait. */
  has(length: number): boolean {
    return this.#window.byteLength - this.#at >= length;
  }

  /** Makes the next `length` bytes available. `field` says what they are, for the message if the file ends before. */
  async need(length: number, field: Field): Promise<void> {
    if (this.has(length)) return;
    const start = this.position;
    if (length > this.remaining)
      throw new TruncatedFileError(this.source.name, this.format, field, start + length, this.source.size);
    const wanted = Math.max(length, this.source.preferredReadBytes ?? WINDOW_BYTES);
    const size = Math.min(wanted, this.remaining);
    if (this.#buffer.length < size) this.#buffer = new Uint8Array(size);
    const bytes = await this.source.read(start, size, this.#signal, this.#buffer.subarray(0, size));
    this.#window = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#windowStart = start;
    this.#at = 0;
  }

  skip(length: number, field: Field): void {
    if (length > this.remaining)
      throw new TruncatedFileError(this.source.name, this.format, field, this.position + length, this.source.size);
    this.#at += length;
  }

  #take(length: number): number {
    const at = this.#at;
    this.#at += length;
    return at;
  }

  readonly u8 = () => this.#window.getUint8(this.#take(1));
  readonly i8 = () => this.#window.getInt8(this.#take(1));
  readonly u16 = () => this.#window.getUint16(this.#take(2), true);
  readonly i16 = () => this.#window.getInt16(this.#take(2), true);
  readonly u32 = () => this.#window.getUint32(this.#take(4), true);
  readonly i32 = () => this.#window.getInt32(this.#take(4), true);
  readonly f32 = () => this.#window.getFloat32(this.#take(4), true);
  readonly f64 = () => this.#window.getFloat64(this.#take(8), true);
  readonly u64 = () => this.#window.getBigUint64(this.#take(8), true);
  readonly i64 = () => this.#window.getBigInt64(this.#take(8), true);

  /** A 64-bit count, length or offset. Throws {@link MalformedFileError} above `limit`, which is at most 2^53 − 1. */
  size(field: Field, limit = Number.MAX_SAFE_INTEGER): number {
    const at = this.#take(8);
    const value = this.#window.getUint32(at, true) + this.#window.getUint32(at + 4, true) * 2 ** 32;
    if (value > limit) this.refuse(field, this.#window.getBigUint64(at, true), limit);
    return value;
  }

  /** The next bytes, still in the window: valid until the next `need`. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#window.buffer as ArrayBuffer, this.#window.byteOffset + this.#take(length), length);
  }

  /** Like {@link bytes}, without moving on. */
  peek(length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#window.buffer as ArrayBuffer, this.#window.byteOffset + this.#at, length);
  }

  text(length: number, field: Field): string {
    const bytes = this.bytes(length);
    try {
      return decoder.decode(bytes);
    } catch {
      throw new MalformedFileError(this.source.name, this.format, field, otherBytes, validUtf8);
    }
  }

  refuse(field: Field, found: number | bigint, limit: number): never {
    throw new MalformedFileError(this.source.name, this.format, field, found, atMost(limit));
  }
}
