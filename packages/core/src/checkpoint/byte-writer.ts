const encoder = new TextEncoder();

/** Little-endian values one after the other, in memory that grows: for headers. */
export class ByteWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was written so far; valid until the next write. */
  result(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  readonly u8 = (value: number) => this.#next(1).setUint8(0, value);
  readonly u32 = (value: number) => this.#next(4).setUint32(0, value, true);
  readonly i32 = (value: number) => this.#next(4).setInt32(0, value, true);
  readonly f32 = (value: number) => this.#next(4).setFloat32(0, value, true);
  readonly u64 = (value: number | bigint) => this.#next(8).setBigUint64(0, BigInt(value), true);

  bytes(values: Uint8Array): void {
    this.#next(values.length);
    this.#bytes.set(values, this.#length - values.length);
  }

  /** UTF-8 without its length. */
  text(value: string): void {
    this.bytes(encoder.encode(value));
  }

  /** Adds `byte` until the length is `length`. */
  padTo(length: number, byte = 0): void {
    const start = this.#length;
    this.#next(length - start);
    this.#bytes.fill(byte, start, length);
  }

  #next(length: number): DataView {
    if (this.#length + length > this.#bytes.length) {
      const larger = new Uint8Array((this.#length + length) * 2);
      larger.set(this.result());
      this.#bytes = larger;
    }
    this.#length += length;
    return new DataView(this.#bytes.buffer, this.#length - length, length);
  }
}
