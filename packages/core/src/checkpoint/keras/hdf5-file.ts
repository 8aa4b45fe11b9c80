import { atMost, oneOf, unique } from '../../expectation.ts';
import type { ByteSource } from '../../storage/byte-source.ts';
import { TruncatedFileError, UnsupportedFeatureError } from '../checkpoint-errors.ts';
import { named, within, words } from '../field.ts';
import type { StoredArray } from '../stored-array.ts';
import { type Message, messageTypes, readDataset } from './hdf5-dataset.ts';
import { Hdf5Reader, places } from './hdf5-reader.ts';

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** Keras files have some twenty objects a layer; these bounds end the walk through files made to loop or to swell. */
const OBJECT_LIMIT = 2 ** 16;
const DEPTH_LIMIT = 16;
const TREE_DEPTH_LIMIT = 8;
const HEADER_LIMIT = 2 ** 20;
const HEAP_LIMIT = 2 ** 20;

export const isHdf5 = (start: Uint8Array): boolean => SIGNATURE.every((byte, i) => start[i] === byte);

/**
 * The datasets of an HDF5 file by path, as far as Keras writes them: superblock 0, symbol-table groups, version-1
 * object headers, contiguous data of f32, f16 or (as 2-byte opaque values) bfloat16. Anything else is refused.
 */
export async function readHdf5(source: ByteSource, signal?: AbortSignal): Promise<ReadonlyMap<string, StoredArray>> {
  const file = new Hdf5File(new Hdf5Reader(source, signal));
  const datasets = new Map<string, StoredArray>();
  await file.walk(await file.rootHeader(), '', datasets);
  return datasets;
}

class Hdf5File {
  readonly #reader: Hdf5Reader;
  readonly #visited = new Set<number>();

  constructor(reader: Hdf5Reader) {
    this.#reader = reader;
  }

  /** Every object and node is reached by one way only; a second one would be a loop. */
  #visit(address: number): void {
    if (this.#visited.has(address))
      this.#reader.malformed({ en: 'address of an object', ja: 'オブジェクトのアドレス' }, address, unique);
    this.#visited.add(address);
    if (this.#visited.size > OBJECT_LIMIT)
      this.#reader.malformed(places.objectCount, this.#visited.size, atMost(OBJECT_LIMIT));
  }

  /** The address of the root group's header, from the superblock. */
  async rootHeader(): Promise<number> {
    const view = await this.#reader.view(0, 96, { en: 'the superblock', ja: 'スーパーブロック' });
    const version = view.getUint8(8);
    if (version !== 0)
      throw new UnsupportedFeatureError(
        this.#reader.source.name,
        { en: `HDF5 superblock version ${version}`, ja: `HDF5スーパーブロックのバージョン${version}` },
        {
          en: 'HDF5 superblock version 0 (as Keras saves it)',
          ja: 'Kerasが保存するHDF5（スーパーブロックのバージョン0）',
        },
      );
    for (const at of [13, 14])
      if (view.getUint8(at) !== 8) this.#reader.malformed(places.addressSize, view.getUint8(at), oneOf([8]));
    if (this.#reader.u64(view, 24, places.base) !== 0)
      this.#reader.malformed(places.base, this.#reader.u64(view, 24, places.base), oneOf([0]));
    const end = view.getUint32(40, true) + view.getUint32(44, true) * 2 ** 32;
    const { name, size } = this.#reader.source;
    if (end > size) throw new TruncatedFileError(name, 'HDF5', { en: 'the file', ja: 'ファイル全体' }, end, size);
    return this.#reader.u64(view, 64, { en: 'root group', ja: 'ルートグループ' });
  }

  async walk(header: number, path: string, datasets: Map<string, StoredArray>, depth = 0): Promise<void> {
    if (depth > DEPTH_LIMIT) this.#reader.malformed(within(named(path), places.depth), depth, atMost(DEPTH_LIMIT));
    this.#visit(header);
    const messages = await this.#messages(header);
    const table = messages.find(({ type }) => type === messageTypes.symbolTable);
    if (!table) {
      const dataset = readDataset(this.#reader, path, messages);
      if (dataset) datasets.set(path, dataset);
      return;
    }
    this.#reader.need(table.body, 16, places.symbolTable);
    const names = await this.#nameHeap(this.#reader.u64(table.body, 8, places.heap));
    for (const entry of await this.#entries(this.#reader.u64(table.body, 0, places.tree))) {
      const name = this.#nameAt(names, entry.nameOffset);
      const below = path === '' ? name : `${path}/${name}`;
      if (datasets.has(below)) this.#reader.malformed(words.name, below, unique);
      await this.walk(entry.header, below, datasets, depth + 1);
    }
  }

  /** The messages of a version-1 object header, its continuations included. */
  async #messages(address: number): Promise<readonly Message[]> {
    const prefix = await this.#reader.view(address, 16, places.objectHeader);
    const version = prefix.getUint8(0);
    if (version !== 1)
      throw new UnsupportedFeatureError(
        this.#reader.source.name,
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
      if (total > HEADER_LIMIT)
        this.#reader.malformed(within(places.objectHeader, words.size), total, atMost(HEADER_LIMIT));
      const view = await this.#reader.view(block.at, block.length, places.objectHeader);
      for (let at = 0; at + 8 <= block.length && messages.length < count; ) {
        const type = view.getUint16(at, true);
        const length = view.getUint16(at + 2, true);
        if (at + 8 + length > block.length)
          this.#reader.malformed(
            { en: 'length of a header message', ja: 'ヘッダーメッセージの長さ' },
            length,
            atMost(block.length - at - 8),
          );
        const body = new DataView(view.buffer, view.byteOffset + at + 8, length);
        if (type === messageTypes.continuation) {
          this.#reader.need(body, 16, places.continuation);
          blocks.push({
            at: this.#reader.u64(body, 0, places.continuation),
            length: this.#reader.u64(body, 8, places.continuation),
          });
        }
        messages.push({ type, body });
        at += 8 + length;
      }
    }
    return messages;
  }

  /** The names of a group's members, each ended by a zero byte. */
  async #nameHeap(address: number): Promise<Uint8Array> {
    const head = await this.#reader.view(address, 32, places.heap);
    this.#reader.expect(head, 'HEAP');
    const size = this.#reader.u64(head, 8, within(places.heap, words.size));
    if (size > HEAP_LIMIT) this.#reader.malformed(within(places.heap, words.size), size, atMost(HEAP_LIMIT));
    const data = await this.#reader.view(
      this.#reader.u64(head, 24, within(places.heap, words.data)),
      size,
      places.heap,
    );
    return new Uint8Array(data.buffer);
  }

  #nameAt(heap: Uint8Array, offset: number): string {
    const end = heap.indexOf(0, offset);
    if (offset >= heap.length || end <= offset)
      this.#reader.malformed(places.nameOffset, offset, atMost(heap.length - 1));
    return new TextDecoder().decode(heap.subarray(offset, end));
  }

  /** The members of a group: a B-tree whose leaves are symbol nodes. */
  async #entries(
    address: number,
    depth = 0,
  ): Promise<readonly { readonly nameOffset: number; readonly header: number }[]> {
    if (depth > TREE_DEPTH_LIMIT)
      this.#reader.malformed(within(places.tree, places.depth), depth, atMost(TREE_DEPTH_LIMIT));
    this.#visit(address);
    const head = await this.#reader.view(address, 24, places.tree);
    this.#reader.expect(head, 'TREE');
    const level = head.getUint8(5);
    const used = head.getUint16(6, true);
    const body = await this.#reader.view(address + 24, used * 16 + 8, places.tree);
    const entries: { nameOffset: number; header: number }[] = [];
    for (let i = 0; i < used; i++) {
      const child = this.#reader.u64(body, 8 + 16 * i, within(places.tree, { en: 'child', ja: '子' }));
      entries.push(...(level > 0 ? await this.#entries(child, depth + 1) : await this.#symbols(child)));
      if (entries.length > OBJECT_LIMIT)
        this.#reader.malformed(places.objectCount, entries.length, atMost(OBJECT_LIMIT));
    }
    return entries;
  }

  async #symbols(address: number): Promise<readonly { nameOffset: number; header: number }[]> {
    this.#visit(address);
    const head = await this.#reader.view(address, 8, places.symbols);
    this.#reader.expect(head, 'SNOD');
    const count = head.getUint16(6, true);
    const body = await this.#reader.view(address + 8, 40 * count, places.symbols);
    return Array.from({ length: count }, (_, i) => ({
      nameOffset: this.#reader.u64(body, 40 * i, places.nameOffset),
      header: this.#reader.u64(body, 40 * i + 8, places.objectHeader),
    }));
  }
}
