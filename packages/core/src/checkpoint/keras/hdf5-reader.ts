import type { Words } from '@tama/errors';
import { atLeast, atMost, type Expectation, same } from '../../expectation.ts';
import type { ByteSource } from '../../storage/byte-source.ts';
import { cachedSource } from '../../storage/cached-source.ts';
import { MalformedFileError, TruncatedFileError } from '../checkpoint-errors.ts';
import { type Field, within, words } from '../field.ts';

/** What messages call the places of a file. */
export const places = {
  objectCount: { en: 'number of objects', ja: 'オブジェクトの数' },
  objectHeader: { en: 'object header', ja: 'オブジェクトヘッダー' },
  addressSize: { en: 'size of offsets and lengths', ja: 'オフセットと長さのバイト数' },
  base: { en: 'base address', ja: '基準アドレス' },
  symbolTable: { en: 'symbol table', ja: 'シンボルテーブル' },
  symbols: { en: 'symbol node', ja: 'シンボルノード' },
  heap: { en: 'local heap', ja: 'ローカルヒープ' },
  tree: { en: 'B-tree', ja: 'B木' },
  depth: { en: 'depth', ja: '深さ' },
  continuation: { en: 'continuation', ja: '継続ブロック' },
  nameOffset: { en: 'offset of a name', ja: '名前の位置' },
  dataspace: { en: 'dataspace', ja: 'データ空間' },
} as const satisfies Readonly<Record<string, Words>>;

/** Reads pieces of an HDF5 file, each checked against the file before it is used. */
export class Hdf5Reader {
  readonly source: ByteSource;
  readonly #metadata: ByteSource;
  readonly #signal: AbortSignal | undefined;

  constructor(source: ByteSource, signal?: AbortSignal) {
    this.source = source;
    // Headers lie scattered between the data; small blocks keep a local file from being read whole.
    this.#metadata = cachedSource(source, {
      blockBytes: Math.min(source.preferredReadBytes ?? 2 ** 16, 2 ** 20),
      blocks: 8,
    });
    this.#signal = signal;
  }

  /** @throws {MalformedFileError} */
  malformed(field: Field, found: string | number, expected: Expectation): never {
    throw new MalformedFileError(this.source.name, 'HDF5', field, found, expected);
  }

  /** A piece of the file. @throws {TruncatedFileError} */
  async view(address: number, length: number, field: Field): Promise<DataView> {
    const { size, name } = this.source;
    if (address > size - length) throw new TruncatedFileError(name, 'HDF5', field, address + length, size);
    return new DataView((await this.#metadata.read(address, length, this.#signal)).buffer);
  }

  /** A 64-bit address or size. All ones mean "undefined" in HDF5 and are too large like any other. */
  u64(view: DataView, at: number, field: Field): number {
    const value = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
    return value <= this.source.size ? value : this.malformed(field, value, atMost(this.source.size));
  }

  /** Every structure begins with four letters of its own. */
  expect(view: DataView, signature: string): void {
    const found = String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset, signature.length));
    if (found !== signature) this.malformed({ en: 'signature', ja: '識別子' }, found, same(signature));
  }

  /** A message must have room for what is read from it. */
  need(body: DataView, length: number, field: Field): void {
    if (body.byteLength < length) this.malformed(within(field, words.length), body.byteLength, atLeast(length));
  }
}
