import { atMost, oneOf } from '../../expectation.ts';
import type { ByteSource } from '../../storage/byte-source.ts';
import { memorySource } from '../../storage/memory-source.ts';
import { BinaryReader } from '../binary-reader.ts';
import {
  DamagedDataError,
  MalformedFileError,
  TruncatedFileError,
  UnsupportedFeatureError,
} from '../checkpoint-errors.ts';
import { zstdContent } from '../compression/zstd-stream.ts';
import { words } from '../field.ts';
import { checksumDiffers, crc32c } from './crc32c.ts';
import { PackedFields } from './packed-fields.ts';

export const FORMAT = 'OCDBT';
export const MANIFEST_MAGIC = 0x0cdb3a2a;
export const NODE_MAGIC = 0x0cdb20de;
/** Nodes have 8 MiB at most by default, and those of a checkpoint a few hundred kilobytes. */
export const NODE_LIMIT = 16 * 2 ** 20;
const HEIGHT_LIMIT = 16;
export const treeHeight = { en: 'height', ja: '木の高さ' };

export const isOcdbt = (start: Uint8Array): boolean => magicOf(start) === MANIFEST_MAGIC;
/** A data file that begins with a node: part of a database. */
export const isOcdbtNode = (start: Uint8Array): boolean => magicOf(start) === NODE_MAGIC;
const magicOf = (start: Uint8Array): number => new DataView(start.buffer, start.byteOffset).getUint32(0);

/** A data file, and the base that paths inside the nodes it holds are relative to. */
export type DataFile = { readonly base: string; readonly path: string };
export type Extent = { readonly file: DataFile; readonly offset: number; readonly length: number };

/** The root of the newest version in a manifest; `undefined` for an empty database. */
export function readManifest(body: PackedFields): { readonly extent: Extent; readonly height: number } | undefined {
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
export function readDataFiles(body: PackedFields, inherited: string): readonly DataFile[] {
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

export function readKeys(
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
export function readExtents(body: PackedFields, files: readonly DataFile[], count: number): readonly Extent[] {
  const owners = body.many(count);
  const offsets = body.many(count);
  const lengths = body.many(count);
  for (let column = 0; column < 3; column++) body.many(count);
  return owners.map((owner, i) => ({ file: body.pick(files, owner), offset: offsets[i]!, length: lengths[i]! }));
}

/** Checks magic, length and CRC-32C of a manifest or node, and unpacks its body. */
export async function readEnvelope(source: ByteSource, magic: number, signal?: AbortSignal): Promise<PackedFields> {
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
