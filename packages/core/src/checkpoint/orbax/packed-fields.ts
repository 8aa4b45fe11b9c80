import { atMost, validUtf8 } from '../../expectation.ts';
import { MalformedFileError } from '../checkpoint-errors.ts';
import { type Field, otherBytes, words } from '../field.ts';

const FORMAT = 'OCDBT';
const KEY_LIMIT = 2 ** 16;
const fieldEnd = { en: 'end of a field', ja: 'フィールドの終わり' };
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The fields of a node's body, one after the other. */
export class PackedFields {
  readonly name: string;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(name: string, bytes: Uint8Array) {
    this.name = name;
    this.#bytes = bytes;
  }

  refuse(field: Field, found: number, limit: number): never {
    throw new MalformedFileError(this.name, FORMAT, field, found, atMost(limit));
  }

  bytes(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) this.refuse(fieldEnd, end, this.#bytes.length);
    const bytes = this.#bytes.slice(this.#at, end);
    this.#at = end;
    return bytes;
  }

  rest(): Uint8Array {
    return this.bytes(this.#bytes.length - this.#at);
  }

  u8(): number {
    if (this.#at >= this.#bytes.length) this.refuse(fieldEnd, this.#at + 1, this.#bytes.length);
    return this.#bytes[this.#at++]!;
  }

  /** LEB128, unsigned, of at most 53 bits. */
  varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8();
      value += (byte & 127) * 2 ** shift;
      if (value > Number.MAX_SAFE_INTEGER) this.refuse({ en: 'integer', ja: '整数' }, value, Number.MAX_SAFE_INTEGER);
      if (byte < 128) return value;
      if (shift > 63) this.refuse({ en: 'bytes of an integer', ja: '整数のバイト数' }, 11, 10);
    }
  }

  /** How many rows the columns that follow have; each takes at least a byte in the first of them. */
  count(): number {
    const count = this.varint();
    return count <= this.#bytes.length ? count : this.refuse(words.count, count, this.#bytes.length);
  }

  many(count: number): readonly number[] {
    return Array.from({ length: count }, () => this.varint());
  }

  /** An entry of a table by its number in the table. */
  pick<T>(table: readonly T[], index: number): T {
    return table[index] ?? this.refuse({ en: 'number in a table', ja: '表の中の番号' }, index, table.length - 1);
  }

  /** A text that shares its first `shared` bytes with the one before. */
  joined(before: string, shared: number, length: number): string {
    const start = encoder.encode(before).subarray(0, shared);
    if (start.length < shared || shared + length > KEY_LIMIT)
      this.refuse({ en: 'length of a name', ja: '名前の長さ' }, shared + length, KEY_LIMIT);
    const whole = new Uint8Array(shared + length);
    whole.set(start);
    whole.set(this.bytes(length), shared);
    try {
      return decoder.decode(whole);
    } catch {
      throw new MalformedFileError(this.name, FORMAT, words.name, otherBytes, validUtf8);
    }
  }
}
