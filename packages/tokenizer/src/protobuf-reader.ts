import type { Finding } from './errors.ts';

/** Wire types of protocol buffers that are in use; groups (3, 4) are not. */
export const WireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Says why the bytes are not the protocol buffer that was expected, and where; its reader makes a typed error of it. */
export class ProtobufError extends Error {
  readonly finding: Finding;
  readonly offset: number;

  constructor(en: string, ja: string, offset: number) {
    super(en);
    this.finding = { en, ja };
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
    if (this.field === 0 || tag > 0xffffffff)
      throw new ProtobufError('a field has no valid number', 'フィールド番号が不正です', start);
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
        throw new ProtobufError(
          `field ${this.field} has the unknown wire type ${this.wireType}`,
          `フィールド${this.field}のワイヤー型${this.wireType}は未知です`,
          start,
        );
    }
    return true;
  }

  /** Insists on the wire type that the schema gives the current field. */
  expect(wireType: number): void {
    if (this.wireType !== wireType) {
      throw new ProtobufError(
        `field ${this.field} has wire type ${this.wireType}, not ${wireType}`,
        `フィールド${this.field}のワイヤー型が${wireType}ではなく${this.wireType}です`,
        this.position,
      );
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
        `フィールド${this.field}の長さが${length}バイトですが、残りは${this.end - this.position}バイトです`,
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
      if (this.position >= this.end) throw new ProtobufError('a number is cut off', '数値が途中で切れています', start);
      const byte = this.bytes[this.position++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (shift < 32) this.int32 |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new ProtobufError('a number is longer than 10 bytes', '数値が10バイトを超えています', start);
  }
}
