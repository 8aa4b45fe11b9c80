import type { Words } from '@tama/errors';
import type { ByteFolder, ByteSource } from '../../storage/byte-source.ts';
import { memorySource } from '../../storage/memory-source.ts';
import { inParallel } from '../../storage/parallel.ts';
import { pathSegments } from '../../storage/relative-path.ts';
import { FileMissingError } from '../../storage/storage-errors.ts';
import { BinaryReader } from '../binary-reader.ts';
import {
  DamagedDataError,
  MalformedFileError,
  TruncatedFileError,
  UnsupportedFeatureError,
} from '../checkpoint-errors.ts';
import { zstdContent } from '../compression/zstd-stream.ts';
import { atMost, type Expectation, oneOf, unique } from '../expectation.ts';
import { another, type Field, words } from '../field.ts';
import { checksumDiffers, crc32c } from './crc32c.ts';
import { type KeyValueStore, METADATA_FILES, slice } from './key-value-store.ts';
import { PackedFields } from './packed-fields.ts';

export const MANIFEST = 'manifest.ocdbt';
const FORMAT = 'OCDBT';
const MANIFEST_MAGIC = 0x0cdb3a2a;
const NODE_MAGIC = 0x0cdb20de;
/** Nodes have 8 MiB at most by default, and those of a checkpoint a few hundred kilobytes. */
const NODE_LIMIT = 16 * 2 ** 20;
const treeHeight = { en: 'height', ja: '木の高さ' };
const COUNT_LIMIT = 2 ** 20;
const HEIGHT_LIMIT = 16;
/** Over HTTP each is a request. */
const OPENED_AT_ONCE = 8;

export const isOcdbt = (start: Uint8Array): boolean => magicOf(start) === MANIFEST_MAGIC;
/** A data file that begins with a node: part of a database. */
export const isOcdbtNode = (start: Uint8Array): boolean => magicOf(start) === NODE_MAGIC;
const magicOf = (start: Uint8Array): number => new DataView(start.buffer, start.byteOffset).getUint32(0);

/** A data file, and the base that paths inside the nodes it holds are relative to. */
type DataFile = { readonly base: string; readonly path: string };
type Extent = { readonly file: DataFile; readonly offset: number; readonly length: number };
type Value = { readonly inline: Uint8Array } | Extent;

/**
 * Opens an OCDBT database: reads its newest manifest version and every node of the B+tree, and looks that the files of
 * the values are there and long enough; values stay on disk.
 */
export async function openOcdbt(
  folder: ByteFolder,
  closing: ByteSource[],
  signal?: AbortSignal,
): Promise<KeyValueStore> {
  const database = new Ocdbt(folder, closing);
  const values = await database.readTree(signal);
  await database.checkFiles(signal);
  return {
    name: folder.name,
    complete: true,
    async get(key, later) {
      const value = values.get(key);
      if (!value) return undefined;
      if ('inline' in value) return memorySource(key, value.inline);
      const source = await database.open(value.file.path, later);
      return slice(source, key, value.offset, value.length);
    },
    async arrayNames() {
      return [...values.keys()].flatMap((key) =>
        METADATA_FILES.filter((name) => key.endsWith(`/${name}`)).map((name) => key.slice(0, -name.length - 1)),
      );
    },
  };
}

class Ocdbt {
  readonly #folder: ByteFolder;
  readonly #closing: ByteSource[];
  readonly #files = new Map<string, ByteSource>();
  readonly #values = new Map<string, Value>();
  readonly #visited = new Set<string>();

  constructor(folder: ByteFolder, closing: ByteSource[]) {
    this.#folder = folder;
    this.#closing = closing;
  }

  async open(path: string, signal?: AbortSignal): Promise<ByteSource> {
    pathSegments(path);
    const known = this.#files.get(path);
    if (known) return known;
    const source = await this.#folder.open(path, signal);
    if (!source) throw new FileMissingError(path, this.#folder.name);
    this.#closing.push(source);
    this.#files.set(path, source);
    return source;
  }

  async readTree(signal?: AbortSignal): Promise<ReadonlyMap<string, Value>> {
    const manifest = await this.open(MANIFEST, signal);
    const body = await readEnvelope(slice(manifest, MANIFEST, 0, manifest.size), MANIFEST_MAGIC, signal);
    const root = readManifest(body);
    if (root) await this.#readNode(root.extent, root.height, '', signal);
    return this.#values;
  }

  /** Opens every file that values are in, which tells its size, and checks it against the value that ends last. */
  async checkFiles(signal = new AbortController().signal): Promise<void> {
    const last = new Map<string, { readonly key: string; readonly end: number }>();
    for (const [key, value] of this.#values) {
      if ('inline' in value) continue;
      const { path } = value.file;
      const end = value.offset + value.length;
      if (end >= (last.get(path)?.end ?? 0)) last.set(path, { key, end });
    }
    const files = last.entries();
    await inParallel(Math.min(last.size, OPENED_AT_ONCE), signal, async (either) => {
      for (const [path, { key, end }] of files) {
        either.throwIfAborted();
        const { size } = await this.open(path, either);
        if (end > size) throw new TruncatedFileError(path, FORMAT, key, end, size);
      }
    });
  }

  async #readNode(
    { file, offset, length }: Extent,
    height: number,
    prefix: string,
    signal?: AbortSignal,
  ): Promise<void> {
    const place = `${file.path}:${offset}`;
    const malformed = (field: Field, found: number | Words, expected: Expectation): never => {
      throw new MalformedFileError(place, FORMAT, field, found, expected);
    };
    if (this.#visited.has(place))
      malformed({ en: 'node', ja: 'ノード' }, { en: 'met twice', ja: '2か所から参照されています' }, unique);
    this.#visited.add(place);
    if (length > NODE_LIMIT) malformed({ en: 'length of a node', ja: 'ノードの長さ' }, length, atMost(NODE_LIMIT));
    const source = await this.open(file.path, signal);
    if (offset + length > source.size)
      throw new TruncatedFileError(file.path, FORMAT, { en: 'a node', ja: 'ノード' }, offset + length, source.size);
    const body = await readEnvelope(slice(source, place, offset, length), NODE_MAGIC, signal);
    if (body.u8() !== height) malformed(treeHeight, another, oneOf([height]));
    const files = readDataFiles(body, file.base);
    const count = body.count();
    const keys = readKeys(body, count, height > 0);
    if (height > 0) {
      const extents = readExtents(body, files, count);
      for (let i = 0; i < count; i++) {
        const { key, shared } = keys[i]!;
        await this.#readNode(extents[i]!, height - 1, prefix + key.slice(0, shared), signal);
      }
      return;
    }
    const lengths = body.many(count);
    const kinds = body.many(count);
    const indirect = kinds.flatMap((kind, i) => (kind === 1 ? [i] : []));
    const owners = indirect.map(() => body.varint());
    const offsets = indirect.map(() => body.varint());
    indirect.forEach((i, nth) => {
      this.#put(prefix + keys[i]!.key, {
        file: body.pick(files, owners[nth]!),
        offset: offsets[nth]!,
        length: lengths[i]!,
      });
    });
    kinds.forEach((kind, i) => {
      if (kind === 0) this.#put(prefix + keys[i]!.key, { inline: body.bytes(lengths[i]!) });
      else if (kind !== 1) malformed({ en: 'kind of a value', ja: '値の種類' }, kind, oneOf([0, 1]));
    });
  }

  #put(key: string, value: Value): void {
    if (this.#values.has(key))
      throw new MalformedFileError(this.#folder.name, FORMAT, { en: 'key', ja: 'キー' }, key, unique);
    if (this.#values.size >= COUNT_LIMIT)
      throw new MalformedFileError(
        this.#folder.name,
        FORMAT,
        { en: 'number of keys', ja: 'キーの数' },
        COUNT_LIMIT + 1,
        atMost(COUNT_LIMIT),
      );
    this.#values.set(key, value);
  }
}

/** The root of the newest version in a manifest; `undefined` for an empty database. */
function readManifest(body: PackedFields): { readonly extent: Extent; readonly height: number } | undefined {
  body.bytes(16); // UUID
  const kind = body.varint();
  if (kind !== 0)
    throw new UnsupportedFeatureError(
      body.name,
      { en: 'an OCDBT manifest in several files', ja: '複数のファイルに分かれたOCDBTマニフェスト' },
      { en: 'an OCDBT manifest in one file', ja: '1つのファイルのOCDBTマニフェスト' },
    );
  body.varint(); // largest inline value
  body.varint(); // largest decoded node
  body.u8(); // arity of the version tree
  if (body.varint() === 1) body.bytes(4); // compression level
  const files = readDataFiles(body, '');
  const count = body.count();
  body.many(count); // generation numbers
  const heights = Array.from({ length: count }, () => body.u8());
  const extents = readExtents(body, files, count);
  const extent = extents.at(-1);
  const height = heights.at(-1)!;
  if (!extent || extent.length === 0) return undefined;
  return height <= HEIGHT_LIMIT ? { extent, height } : body.refuse(treeHeight, height, HEIGHT_LIMIT);
}

/** The table of files that a node refers to, paths sharing beginnings with the one before. */
function readDataFiles(body: PackedFields, inherited: string): readonly DataFile[] {
  const count = body.count();
  const shared = [0, ...body.many(Math.max(0, count - 1))];
  const suffixes = body.many(count);
  const bases = body.many(count);
  let path = '';
  return suffixes.map((length, i) => {
    path = body.joined(path, shared[i]!, length);
    return { base: inherited + path.slice(0, bases[i]!), path: inherited + path };
  });
}

function readKeys(
  body: PackedFields,
  count: number,
  interior: boolean,
): readonly { readonly key: string; readonly shared: number }[] {
  const prefixes = [0, ...body.many(Math.max(0, count - 1))];
  const suffixes = body.many(count);
  const shared = interior ? body.many(count) : [];
  let key = '';
  return suffixes.map((length, i) => {
    key = body.joined(key, prefixes[i]!, length);
    return { key, shared: shared[i] ?? 0 };
  });
}

/** Column-wise: file ids, offsets, lengths, then statistics that are not needed. */
function readExtents(body: PackedFields, files: readonly DataFile[], count: number): readonly Extent[] {
  const owners = body.many(count);
  const offsets = body.many(count);
  const lengths = body.many(count);
  for (let column = 0; column < 3; column++) body.many(count);
  return owners.map((owner, i) => ({ file: body.pick(files, owner), offset: offsets[i]!, length: lengths[i]! }));
}

/** Checks magic, length and CRC-32C of a manifest or node, and unpacks its body. */
async function readEnvelope(source: ByteSource, magic: number, signal?: AbortSignal): Promise<PackedFields> {
  if (source.size < 18 || source.size > NODE_LIMIT)
    throw new MalformedFileError(source.name, FORMAT, words.length, source.size, atMost(NODE_LIMIT));
  const bytes = await source.read(0, source.size, signal);
  const view = new DataView(bytes.buffer);
  const end = bytes.length - 4;
  if (view.getUint32(0) !== magic)
    throw new MalformedFileError(source.name, FORMAT, words.magic, view.getUint32(0), oneOf([magic]));
  const length = view.getUint32(4, true) + view.getUint32(8, true) * 2 ** 32;
  if (length > bytes.length) throw new TruncatedFileError(source.name, FORMAT, words.content, length, bytes.length);
  if (length !== bytes.length)
    throw new MalformedFileError(source.name, FORMAT, words.length, length, oneOf([bytes.length]));
  if (crc32c(bytes.subarray(0, end)) !== view.getUint32(end, true))
    throw new DamagedDataError(source.name, FORMAT, checksumDiffers);
  const header = new PackedFields(source.name, bytes.subarray(12, end));
  const version = header.varint();
  if (version !== 0)
    throw new UnsupportedFeatureError(
      source.name,
      { en: `OCDBT format version ${version}`, ja: `OCDBTバージョン${version}` },
      { en: 'OCDBT format version 0', ja: 'OCDBTバージョン0' },
    );
  const compression = header.varint();
  if (compression > 1) header.refuse({ en: 'compression', ja: '圧縮方式' }, compression, 1);
  const body = header.rest();
  return compression === 0
    ? new PackedFields(source.name, body)
    : new PackedFields(source.name, await unpack(source.name, body));
}

async function unpack(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of zstdContent(new BinaryReader(memorySource(name, bytes), FORMAT))) {
    length += part.length;
    if (length > NODE_LIMIT) throw new MalformedFileError(name, FORMAT, words.length, length, atMost(NODE_LIMIT));
    parts.push(part.slice());
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body;
}
