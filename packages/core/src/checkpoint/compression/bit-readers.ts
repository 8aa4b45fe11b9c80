/** Compressed data that contradicts itself; readers of whole files turn it into a typed error that names the file. */
export class CorruptDataError extends Error {}

export const corrupt = (what: string): never => {
  throw new CorruptDataError(what);
};

/** Bits from the front, lowest first: how zstd writes the tables of its finite-state coder (RFC 8878, 4.1.1). */
export class ForwardBits {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #bit: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#end = end;
    this.#bit = start * 8;
  }

  /** The first byte that no bit was taken from. */
  get nextByte(): number {
    return (this.#bit + 7) >> 3;
  }

  /** The next `count` bits (at most 16) without taking them; past the end there are zeros. */
  peek(count: number): number {
    const at = this.#bit >> 3;
    const byte = (i: number) => (at + i < this.#end ? this.#bytes[at + i]! : 0);
    return ((byte(0) | (byte(1) << 8) | (byte(2) << 16)) >>> (this.#bit & 7)) & ((1 << count) - 1);
  }

  skip(count: number): void {
    this.#bit += count;
    if (this.#bit > this.#end * 8) corrupt('coding table past its end');
  }

  take(count: number): number {
    const value = this.peek(count);
    this.skip(count);
    return value;
  }
}

/**
 * Bits from the back: how zstd writes what it codes. The highest set bit of the last byte marks the end. Reads up to
 * 8 bytes before `start` may happen, so that much of the view must lie before it; what is there does not matter, as
 * `remaining` below 0 tells that the stream was overrun.
 */
export class BackwardBits {
  readonly #view: DataView;
  readonly #start: number;
  /** Bits not yet taken. */
  remaining: number;

  constructor(view: DataView, start: number, end: number) {
    if (end <= start) corrupt('empty bit stream');
    const last = view.getUint8(end - 1);
    if (last === 0) corrupt('bit stream without an end mark');
    this.#view = view;
    this.#start = start;
    this.remaining = (end - start) * 8 - (Math.clz32(last) - 23);
  }

  /** The next `count` bits, at most 25. */
  take(count: number): number {
    const at = this.remaining - count;
    this.remaining = at;
    if (at < -64) corrupt('bit stream overrun');
    return (this.#view.getUint32(this.#start + (at >> 3), true) >>> (at & 7)) & ((1 << count) - 1);
  }
}
