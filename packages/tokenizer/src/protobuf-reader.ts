/** Wire types of protocol buffers that are in use; groups (3, 4) are not. */
export const WireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Says why the bytes are not a protocol buffer, and where. */
export class ProtobufError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/**
 * Walks over the fields of one message, which lies at [position, end) of `bytes`:
 * `while (reader.next()) switch (reader.field) …`. Every length is checked against the message before use.
 */
export class ProtobufReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  position: number;

  /** Number and wire type of the current field. */
  field = 0;
  wireType = 0;
  /** Value of a varint field, cut to 32 bits as int32, enum and bool fields are. */
  int32 = 0;
  /** Where the contents of a fixed or length-delimited field lie. */
  contentStart = 0;
  contentEnd = 0;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  /** Moves to the next field; false at the end of the message. */
  next(): boolean {
    if (this.position >= this.end) return false;
    const start = this.position;
    const tag = this.#varint();
    this.field = Math.floor(tag / 8);
    this.wireType = tag % 8;
    if (this.field === 0 || tag > 0xffffffff) throw new ProtobufError('a field has no valid number', start);
    switch (this.wireType) {
      case WireType.varint:
        this.#varint();
        break;
      case WireType.fixed64:
        this.#content(8);
        break;
      case WireType.bytes:
        this.#content(this.#varint());
        break;
      case WireType.fixed32:
        this.#content(4);
        break;
      default:
        throw new ProtobufError(`field ${this.field} has the unknown wire type ${this.wireType}`, start);
    }
    return true;
  }

  /** Insists on the wire type that the schema gives the current field. */
  expect(wireType: number): void {
    if (this.wireType !== wireType) {
      throw new ProtobufError(`field ${this.field} has wire type ${this.wireType}, not ${wireType}`, this.position);
    }
  }

  /** A reader of the message inside the current field. */
  message(): ProtobufReader {
    this.expect(WireType.bytes);
    return new ProtobufReader(this.bytes, this.contentStart, this.contentEnd);
  }

  #content(length: number): void {
    if (length > this.end - this.position) {
      throw new ProtobufError(
        `field ${this.field} claims ${length} bytes where ${this.end - this.position} are left`,
        this.position,
      );
    }
    this.contentStart = this.position;
    this.contentEnd = this.position += length;
  }

  /** The value as a number, exact up to 2^53 (beyond that it only has to exceed every limit); sets `int32`. */
  #varint(): number {
    const start = this.position;
    let value = 0;
    this.int32 = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.position >= this.end) throw new ProtobufError('a number is cut off', start);
      const byte = this.bytes[this.position++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (shift < 32) this.int32 |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new ProtobufError('a number is longer than 10 bytes', start);
  }
}
