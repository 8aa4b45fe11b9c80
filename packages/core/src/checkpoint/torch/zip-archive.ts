import type { Words } from '@tama/errors';
import { atMost, type Expectation, oneOf, same, unique } from '../../expectation.ts';
import type { ByteSource } from '../../storage/byte-source.ts';
import { MalformedFileError, TruncatedFileError, UnsupportedFeatureError } from '../checkpoint-errors.ts';
import { another, type Field, named, within, words } from '../field.ts';

/** Where the content of a stored (uncompressed) entry lies. */
export type ZipEntry = { readonly name: string; readonly size: number; readonly headerOffset: number };

const END = 0x06054b50;
const END_64 = 0x06064b50;
const END_64_LOCATOR = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
/** The end record, its longest comment, and the 64-bit locator before it. */
const TAIL_BYTES = 22 + 65_535 + 20;
const end64 = { en: '64-bit end record', ja: '64ビットの終端レコード' };
const DIRECTORY_LIMIT = 16 * 2 ** 20;
const ENTRY_LIMIT = 2 ** 16;

export const isZip = (start: Uint8Array): boolean =>
  new DataView(start.buffer, start.byteOffset).getUint32(0, true) === LOCAL;

/** The entries of a zip archive as torch.save writes it: nothing compressed, large ones with ZIP64 fields. */
export async function readZip(source: ByteSource, signal?: AbortSignal): Promise<ReadonlyMap<string, ZipEntry>> {
  const malformed = (field: Field, found: number | string | Words, expected: Expectation): never => {
    throw new MalformedFileError(source.name, 'zip', field, found, expected);
  };
  const { count, offset, size } = await findDirectory(source, malformed, signal);
  if (count > ENTRY_LIMIT) malformed({ en: 'number of entries', ja: '項目の数' }, count, atMost(ENTRY_LIMIT));
  if (size > DIRECTORY_LIMIT)
    malformed({ en: 'size of the directory', ja: '目次のサイズ' }, size, atMost(DIRECTORY_LIMIT));
  if (offset + size > source.size)
    throw new TruncatedFileError(source.name, 'zip', { en: 'the directory', ja: '目次' }, offset + size, source.size);
  const bytes = await source.read(offset, size, signal);
  const view = new DataView(bytes.buffer);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > size || view.getUint32(at, true) !== CENTRAL)
      malformed({ en: `entry ${i} of the directory`, ja: `目次の${i}番の項目` }, another, same('PK 01 02'));
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
    if (next > size) malformed({ en: 'length of an entry', ja: '項目の長さ' }, next - at, atMost(size - at));
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const method = view.getUint16(at + 10, true);
    if (method !== 0)
      throw new UnsupportedFeatureError(
        source.name,
        {
          en: `zip compression (method ${method}) of ${named(name).en}`,
          ja: `${named(name).ja}のzip圧縮（方式${method}）`,
        },
        { en: 'stored zip entries, as torch.save writes them', ja: 'torch.saveが保存する、圧縮されていないzip' },
      );
    const extra = new DataView(bytes.buffer, at + 46 + nameLength, extraLength);
    const fields = wideFields(extra, [
      view.getUint32(at + 24, true),
      view.getUint32(at + 20, true),
      view.getUint32(at + 42, true),
    ]);
    const [entrySize, storedSize, headerOffset] = fields as [number, number, number];
    if (entrySize !== storedSize)
      malformed(within(named(name), { en: 'stored size', ja: '保存サイズ' }), storedSize, oneOf([entrySize]));
    if (headerOffset + entrySize > source.size)
      throw new TruncatedFileError(source.name, 'zip', named(name), headerOffset + entrySize, source.size);
    if (entries.has(name)) malformed({ en: 'entry name', ja: '項目の名前' }, name, unique);
    entries.set(name, { name, size: entrySize, headerOffset });
    at = next;
  }
  return entries;
}

/** Where the content of an entry begins: after a header of its own, padded as its writer liked. */
export async function contentOffset(
  source: ByteSource,
  { name, size, headerOffset }: ZipEntry,
  signal?: AbortSignal,
): Promise<number> {
  if (headerOffset + 30 > source.size)
    throw new TruncatedFileError(source.name, 'zip', named(name), headerOffset + 30, source.size);
  const view = new DataView((await source.read(headerOffset, 30, signal)).buffer);
  if (view.getUint32(0, true) !== LOCAL)
    throw new MalformedFileError(source.name, 'zip', within(named(name), words.header), another, same('PK 03 04'));
  const offset = headerOffset + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  if (offset + size > source.size)
    throw new TruncatedFileError(source.name, 'zip', named(name), offset + size, source.size);
  return offset;
}

type Directory = { readonly count: number; readonly offset: number; readonly size: number };

async function findDirectory(
  source: ByteSource,
  malformed: (field: Field, found: number | string | Words, expected: Expectation) => never,
  signal?: AbortSignal,
): Promise<Directory> {
  const tailStart = Math.max(0, source.size - TAIL_BYTES);
  const tail = await source.read(tailStart, source.size - tailStart, signal);
  const view = new DataView(tail.buffer);
  let end = tail.length - 22;
  while (end >= 0 && !(view.getUint32(end, true) === END && end + 22 + view.getUint16(end + 20, true) === tail.length))
    end--;
  if (end < 0)
    throw new TruncatedFileError(
      source.name,
      'zip',
      { en: 'the directory at the end', ja: '末尾の目次' },
      source.size + 22,
      source.size,
    );
  const directory = {
    count: view.getUint16(end + 10, true),
    size: view.getUint32(end + 12, true),
    offset: view.getUint32(end + 16, true),
  };
  if (directory.count !== 0xffff && directory.size !== 0xffffffff && directory.offset !== 0xffffffff) return directory;
  const locator = end - 20;
  if (locator < 0 || view.getUint32(locator, true) !== END_64_LOCATOR) return directory;
  const at = size64(view, locator + 8);
  if (at > source.size - 56) malformed(within(end64, words.offset), at, atMost(source.size - 56));
  const record = new DataView((await source.read(at, 56, signal)).buffer);
  if (record.getUint32(0, true) !== END_64) malformed(end64, another, same('PK 06 06'));
  return { count: size64(record, 32), size: size64(record, 40), offset: size64(record, 48) };
}

/** Fields of all ones stand, in the same order, in the ZIP64 extra field (id 1). */
function wideFields(extra: DataView, fields: readonly number[]): readonly number[] {
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const end = at + 4 + extra.getUint16(at + 2, true);
    if (extra.getUint16(at, true) === 1 && end <= extra.byteLength) {
      let next = at + 4;
      return fields.map((field) => {
        if (field !== 0xffffffff || next + 8 > end) return field;
        next += 8;
        return size64(extra, next - 8);
      });
    }
    at = end;
  }
  return fields;
}

const size64 = (view: DataView, at: number): number =>
  view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
