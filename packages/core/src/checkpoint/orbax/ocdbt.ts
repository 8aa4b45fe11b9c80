import type { Words } from '@tama/errors';
import { atMost, type Expectation, oneOf, unique } from '../../expectation.ts';
import type { ByteFolder, ByteSource } from '../../storage/byte-source.ts';
import { memorySource } from '../../storage/memory-source.ts';
import { inParallel } from '../../storage/parallel.ts';
import { pathSegments } from '../../storage/relative-path.ts';
import { FileMissingError } from '../../storage/storage-errors.ts';
import { MalformedFileError, TruncatedFileError } from '../checkpoint-errors.ts';
import { another, type Field } from '../field.ts';
import { type KeyValueStore, METADATA_FILES, slice } from './key-value-store.ts';
import {
  type Extent,
  FORMAT,
  MANIFEST_MAGIC,
  NODE_LIMIT,
  NODE_MAGIC,
  readDataFiles,
  readEnvelope,
  readExtents,
  readKeys,
  readManifest,
  treeHeight,
} from './ocdbt-format.ts';

export const MANIFEST = 'manifest.ocdbt';
const COUNT_LIMIT = 2 ** 20;
/** Over HTTP each is a request. */
const OPENED_AT_ONCE = 8;

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
