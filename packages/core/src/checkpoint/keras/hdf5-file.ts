import type { Words } from '@tama/errors';
import { type ByteSource, checkRead } from '../../storage/byte-source.ts';
import { cachedSource } from '../../storage/cached-source.ts';
import {
  MalformedFileError,
  TensorTypeError,
  TruncatedFileError,
  UnsupportedFeatureError,
} from '../checkpoint-errors.ts';
import { encodings, type FloatEncoding } from '../encoding.ts';
import { atLeast, atMost, type Expectation, oneOf, same, unique } from '../expectation.ts';
import { type Field, named, within, words } from '../field.ts';
import type { StoredArray } from '../stored-array.ts';

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** Keras files have some twenty objects a layer; these bounds end the walk through files made to loop or to swell. */
const OBJECT_LIMIT = 2 ** 16;
const DEPTH_LIMIT = 16;
const TREE_DEPTH_LIMIT = 8;
const HEADER_LIMIT = 2 ** 20;
const HEAP_LIMIT = 2 ** 20;
const RANK_LIMIT = 8;

const message = { dataspace: 0x01, datatype: 0x03, layout: 0x08, filters: 0x0b, continuation: 0x10, symbolTable: 0x11 };

/** What messages call the places of a file. */
const places = {
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

type Message = { readonly type: number; readonly body: DataView };

export const isHdf5 = (start: Uint8Array): boolean => SIGNATURE.every((byte, i) => start[i] === byte);

/**
 * The datasets of an HDF5 file by path, as far as Keras writes them: superblock 0, symbol-table groups, version-1
 * object headers, contiguous data of f32, f16 or (as 2-byte opaque values) bfloat16. Anything else is refused.
 */
export async function readHdf5(source: ByteSource, signal?: AbortSignal): Promise<ReadonlyMap<string, StoredArray>> {
  const file = new Hdf5File(source, signal);
  const datasets = new Map<string, StoredArray>();
  await file.walk(await file.rootHeader(), '', datasets);
  return datasets;
}

class Hdf5File {
  readonly #source: ByteSource;
  readonly #metadata: ByteSource;
  readonly #signal: AbortSignal | undefined;
  readonly #visited = new Set<number>();

  constructor(source: ByteSource, signal?: AbortSignal) {
    this.#source = source;
    // Headers lie scattered between the data; small blocks keep a local file from being read whole.
    this.#metadata = cachedSource(source, {
      blockBytes: Math.min(source.preferredReadBytes ?? 2 ** 16, 2 ** 20),
      blocks: 8,
    });
    this.#signal = signal;
  }

  #malformed(field: Field, found: string | number, expected: Expectation): never {
    throw new MalformedFileError(this.#source.name, 'HDF5', field, found, expected);
  }

  async #view(address: number, length: number, field: Field): Promise<DataView> {
    const { size, name } = this.#source;
    if (address > size - length) throw new TruncatedFileError(name, 'HDF5', field, address + length, size);
    return new DataView((await this.#metadata.read(address, length, this.#signal)).buffer);
  }

  /** A 64-bit address or size. All ones mean "undefined" in HDF5 and are too large like any other. */
  #u64(view: DataView, at: number, field: Field): number {
    const value = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
    return value <= this.#source.size ? value : this.#malformed(field, value, atMost(this.#source.size));
  }

  /** Every object and node is reached by one way only; a second one would be a loop. */
  #visit(address: number): void {
    if (this.#visited.has(address))
      this.#malformed({ en: 'address of an object', ja: 'オブジェクトのアドレス' }, address, unique);
    this.#visited.add(address);
    if (this.#visited.size > OBJECT_LIMIT)
      this.#malformed(places.objectCount, this.#visited.size, atMost(OBJECT_LIMIT));
  }

  #expect(view: DataView, signature: string): void {
    const found = String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset, signature.length));
    if (found !== signature) this.#malformed({ en: 'signature', ja: '識別子' }, found, same(signature));
  }

  /** The address of the root group's header, from the superblock. */
  async rootHeader(): Promise<number> {
    const view = await this.#view(0, 96, { en: 'the superblock', ja: 'スーパーブロック' });
    const version = view.getUint8(8);
    if (version !== 0)
      throw new UnsupportedFeatureError(
        this.#source.name,
        { en: `HDF5 superblock version ${version}`, ja: `HDF5スーパーブロックのバージョン${version}` },
        {
          en: 'HDF5 superblock version 0 (as Keras saves it)',
          ja: 'Kerasが保存するHDF5（スーパーブロックのバージョン0）',
        },
      );
    for (const at of [13, 14])
      if (view.getUint8(at) !== 8) this.#malformed(places.addressSize, view.getUint8(at), oneOf([8]));
    if (this.#u64(view, 24, places.base) !== 0)
      this.#malformed(places.base, this.#u64(view, 24, places.base), oneOf([0]));
    const end = view.getUint32(40, true) + view.getUint32(44, true) * 2 ** 32;
    const { name, size } = this.#source;
    if (end > size) throw new TruncatedFileError(name, 'HDF5', { en: 'the file', ja: 'ファイル全体' }, end, size);
    return this.#u64(view, 64, { en: 'root group', ja: 'ルートグループ' });
  }

  async walk(header: number, path: string, datasets: Map<string, StoredArray>, depth = 0): Promise<void> {
    if (depth > DEPTH_LIMIT) this.#malformed(within(named(path), places.depth), depth, atMost(DEPTH_LIMIT));
    this.#visit(header);
    const messages = await this.#messages(header);
    const table = messages.find(({ type }) => type === message.symbolTable);
    if (!table) {
      const dataset = this.#dataset(path, messages);
      if (dataset) datasets.set(path, dataset);
      return;
    }
    this.#need(table.body, 16, places.symbolTable);
    const names = await this.#nameHeap(this.#u64(table.body, 8, places.heap));
    for (const entry of await this.#entries(this.#u64(table.body, 0, places.tree))) {
      const name = this.#nameAt(names, entry.nameOffset);
      const below = path === '' ? name : `${path}/${name}`;
      if (datasets.has(below)) this.#malformed(words.name, below, unique);
      await this.walk(entry.header, below, datasets, depth + 1);
    }
  }

  #need(body: DataView, length: number, field: Field): void {
    if (body.byteLength < length) this.#malformed(within(field, words.length), body.byteLength, atLeast(length));
  }

  /** The messages of a version-1 object header, its continuations included. */
  async #messages(address: number): Promise<readonly Message[]> {
    const prefix = await this.#view(address, 16, places.objectHeader);
    const version = prefix.getUint8(0);
    if (version !== 1)
      throw new UnsupportedFeatureError(
        this.#source.name,
        { en: 'HDF5 object headers of version 2', ja: 'HDF5オブジェクトヘッダーのバージョン2' },
        {
          en: 'HDF5 object headers of version 1 (as Keras saves it)',
          ja: 'Kerasが保存するHDF5（オブジェクトヘッダーのバージョン1）',
        },
      );
    const count = prefix.getUint16(2, true);
    const blocks = [{ at: address + 16, length: prefix.getUint32(8, true) }];
    const messages: Message[] = [];
    let total = 0;
    for (let block = blocks.shift(); block && messages.length < count; block = blocks.shift()) {
      total += block.length;
      if (total > HEADER_LIMIT) this.#malformed(within(places.objectHeader, words.size), total, atMost(HEADER_LIMIT));
      const view = await this.#view(block.at, block.length, places.objectHeader);
      for (let at = 0; at + 8 <= block.length && messages.length < count; ) {
        const type = view.getUint16(at, true);
        const length = view.getUint16(at + 2, true);
        if (at + 8 + length > block.length)
          this.#malformed(
            { en: 'length of a header message', ja: 'ヘッダーメッセージの長さ' },
            length,
            atMost(block.length - at - 8),
          );
        const body = new DataView(view.buffer, view.byteOffset + at + 8, length);
        if (type === message.continuation) {
          this.#need(body, 16, places.continuation);
          blocks.push({ at: this.#u64(body, 0, places.continuation), length: this.#u64(body, 8, places.continuation) });
        }
        messages.push({ type, body });
        at += 8 + length;
      }
    }
    return messages;
  }

  /** The names of a group's members, each ended by a zero byte. */
  async #nameHeap(address: number): Promise<Uint8Array> {
    const head = await this.#view(address, 32, places.heap);
    this.#expect(head, 'HEAP');
    const size = this.#u64(head, 8, within(places.heap, words.size));
    if (size > HEAP_LIMIT) this.#malformed(within(places.heap, words.size), size, atMost(HEAP_LIMIT));
    const data = await this.#view(this.#u64(head, 24, within(places.heap, words.data)), size, places.heap);
    return new Uint8Array(data.buffer);
  }

  #nameAt(heap: Uint8Array, offset: number): string {
    const end = heap.indexOf(0, offset);
    if (offset >= heap.length || end <= offset) this.#malformed(places.nameOffset, offset, atMost(heap.length - 1));
    return new TextDecoder().decode(heap.subarray(offset, end));
  }

  /** The members of a group: a B-tree whose leaves are symbol nodes. */
  async #entries(
    address: number,
    depth = 0,
  ): Promise<readonly { readonly nameOffset: number; readonly header: number }[]> {
    if (depth > TREE_DEPTH_LIMIT) this.#malformed(within(places.tree, places.depth), depth, atMost(TREE_DEPTH_LIMIT));
    this.#visit(address);
    const head = await this.#view(address, 24, places.tree);
    this.#expect(head, 'TREE');
    const level = head.getUint8(5);
    const used = head.getUint16(6, true);
    const body = await this.#view(address + 24, used * 16 + 8, places.tree);
    const entries: { nameOffset: number; header: number }[] = [];
    for (let i = 0; i < used; i++) {
      const child = this.#u64(body, 8 + 16 * i, within(places.tree, { en: 'child', ja: '子' }));
      entries.push(...(level > 0 ? await this.#entries(child, depth + 1) : await this.#symbols(child)));
      if (entries.length > OBJECT_LIMIT) this.#malformed(places.objectCount, entries.length, atMost(OBJECT_LIMIT));
    }
    return entries;
  }

  async #symbols(address: number): Promise<readonly { nameOffset: number; header: number }[]> {
    this.#visit(address);
    const head = await this.#view(address, 8, places.symbols);
    this.#expect(head, 'SNOD');
    const count = head.getUint16(6, true);
    const body = await this.#view(address + 8, 40 * count, places.symbols);
    return Array.from({ length: count }, (_, i) => ({
      nameOffset: this.#u64(body, 40 * i, places.nameOffset),
      header: this.#u64(body, 40 * i + 8, places.objectHeader),
    }));
  }

  /** What an object without members is: a dataset, or `undefined` for an empty group's like. */
  #dataset(path: string, messages: readonly Message[]): StoredArray | undefined {
    const find = (type: number) => messages.find((candidate) => candidate.type === type)?.body;
    const [space, datatype, layout] = [find(message.dataspace), find(message.datatype), find(message.layout)];
    if (!space || !datatype || !layout) return undefined;
    if (find(message.filters))
      throw new UnsupportedFeatureError(
        this.#source.name,
        { en: `HDF5 compression ('${path}')`, ja: `HDF5の圧縮（${path}）` },
        { en: 'uncompressed datasets', ja: '圧縮されていないデータセット' },
      );
    const shape = this.#shape(path, space);
    const encoding = this.#encoding(path, datatype);
    const { offset, size } = this.#extent(path, layout);
    const elementBytes = encodings[encoding].blockBytes;
    const expected = shape.reduce((bytes, extent) => bytes * extent, elementBytes);
    if (size !== expected)
      this.#malformed(within(named(path), { en: 'bytes', ja: 'バイト数' }), size, oneOf([expected]));
    const source = this.#source;
    if (offset + size > source.size)
      throw new TruncatedFileError(source.name, 'HDF5', named(path), offset + size, source.size);
    return {
      shape,
      encoding,
      async read(first, count, signal, into) {
        checkRead({ name: path, size: size / elementBytes }, first, count);
        return source.read(offset + first * elementBytes, count * elementBytes, signal, into);
      },
    };
  }

  #shape(path: string, space: DataView): readonly number[] {
    this.#need(space, 4, within(named(path), places.dataspace));
    const version = space.getUint8(0);
    const rank = space.getUint8(1);
    if (version < 1 || version > 2)
      this.#malformed(
        within(named(path), { en: 'dataspace version', ja: 'データ空間のバージョン' }),
        version,
        oneOf([1, 2]),
      );
    if (rank > RANK_LIMIT) this.#malformed(within(named(path), { en: 'rank', ja: '次元数' }), rank, atMost(RANK_LIMIT));
    const start = version === 1 ? 8 : 4;
    this.#need(space, start + 8 * rank, within(named(path), places.dataspace));
    return Array.from({ length: rank }, (_, axis) =>
      this.#u64(space, start + 8 * axis, within(named(path), { en: 'dimension', ja: '次元の大きさ' })),
    );
  }

  #encoding(path: string, datatype: DataView): FloatEncoding {
    this.#need(datatype, 8, within(named(path), { en: 'datatype', ja: 'データ型' }));
    const kind = datatype.getUint8(0) & 15;
    const bigEndian = (datatype.getUint8(1) & 1) === 1;
    const size = datatype.getUint32(4, true);
    // h5py has no bfloat16: Keras stores it as two opaque bytes, and says so in an attribute.
    if (kind === 5 && size === 2) return 'bf16';
    if (kind === 1 && !bigEndian && datatype.byteLength >= 20) {
      const exponentBits = datatype.getUint8(13);
      if (size === 4 && exponentBits === 8) return 'f32';
      if (size === 2 && exponentBits === 5) return 'f16';
      if (size === 2 && exponentBits === 8) return 'bf16';
    }
    const found = { en: `HDF5 class ${kind}, ${size} bytes`, ja: `HDF5のクラス${kind}（${size}バイト）` };
    throw new TensorTypeError(this.#source.name, path, found, ['float32', 'float16', 'bfloat16']);
  }

  #extent(path: string, layout: DataView): { readonly offset: number; readonly size: number } {
    this.#need(layout, 18, within(named(path), { en: 'layout', ja: 'レイアウト' }));
    const version = layout.getUint8(0);
    const kind = layout.getUint8(1);
    if (version !== 3 || kind !== 1)
      throw new UnsupportedFeatureError(
        this.#source.name,
        {
          en: `HDF5 layout version ${version}, class ${kind} ('${path}')`,
          ja: `HDF5レイアウトのバージョン${version}、クラス${kind}（${path}）`,
        },
        { en: 'contiguous datasets', ja: '連続したデータセット' },
      );
    const field = within(named(path), words.data);
    return { offset: this.#u64(layout, 2, field), size: this.#u64(layout, 10, field) };
  }
}
