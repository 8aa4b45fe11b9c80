import type { Words } from '@tama/errors';
import { atMost, oneOf, unique } from '../../expectation.ts';
import type { ByteSource } from '../../storage/byte-source.ts';
import { BinaryReader } from '../binary-reader.ts';
import type { CheckpointMetadata } from '../checkpoint.ts';
import { MalformedFileError, TruncatedFileError } from '../checkpoint-errors.ts';
import { type Field, named, within, words } from '../field.ts';

/** The key-value part of a GGUF header. Arrays are only located: a vocabulary's are megabytes long. */
export type GgufMetadata = { readonly values: CheckpointMetadata; readonly arrays: ReadonlyMap<string, GgufArray> };
export type GgufArray = {
  readonly key: string;
  readonly type: number;
  readonly count: number;
  readonly offset: number;
};

const STRING = 8;
const ARRAY = 9;
const fixedSize: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};
const smallestSize: Readonly<Record<number, number>> = { ...fixedSize, [STRING]: 8, [ARRAY]: 12 };
const valueTypes = Object.keys(smallestSize);
const KEY_LIMIT = 2 ** 16 - 1;
const TEXT_LIMIT = 2 ** 20;
/** All texts of a header together; a chat template has a few kilobytes. */
const TOTAL_TEXT_LIMIT = 16 * 2 ** 20;
const NESTING_LIMIT = 4;
/** Of one array that is read: Gemma's vocabulary has 256,000 pieces of 5 MB together. */
const ELEMENT_LIMIT = 2 ** 22;
const TOTAL_ARRAY_LIMIT = 32 * 2 ** 20;

function metadataField(key: string): Words {
  const { en, ja } = named(key);
  return { en: `metadata ${en}`, ja: `メタデータ${ja}` };
}

export async function readMetadata(reader: BinaryReader, count: number): Promise<GgufMetadata> {
  const values: Record<string, string | number | boolean> = Object.create(null);
  const arrays = new Map<string, GgufArray>();
  const start = reader.position;
  let skipped = 0;
  for (let index = 0; index < count; index++) {
    const key = await readText(reader, { en: `metadata key ${index}`, ja: `${index}番のメタデータのキー` }, KEY_LIMIT);
    if (key in values || arrays.has(key))
      throw new MalformedFileError(
        reader.source.name,
        'GGUF',
        { en: 'metadata key', ja: 'メタデータのキー' },
        key,
        unique,
      );
    await reader.need(4, metadataField(key));
    const type = reader.u32();
    if (type === ARRAY) {
      const begin = reader.position;
      arrays.set(key, await locateArray(reader, key));
      skipped += reader.position - begin;
    } else values[key] = await readValue(reader, type, key);
    const text = reader.position - start - skipped;
    if (text > TOTAL_TEXT_LIMIT)
      reader.refuse({ en: 'metadata bytes', ja: 'メタデータのバイト数' }, text, TOTAL_TEXT_LIMIT);
  }
  return { values, arrays };
}

async function readValue(reader: BinaryReader, type: number, key: string): Promise<string | number | boolean> {
  const field = metadataField(key);
  if (type === STRING) return readText(reader, field, TEXT_LIMIT);
  await reader.need(checkedSize(reader, type, key), field);
  switch (type) {
    case 0:
      return reader.u8();
    case 1:
      return reader.i8();
    case 2:
      return reader.u16();
    case 3:
      return reader.i16();
    case 4:
      return reader.u32();
    case 5:
      return reader.i32();
    case 6:
      return reader.f32();
    case 7:
      return reader.u8() !== 0;
    case 10:
      return exact(reader.u64());
    case 11:
      return exact(reader.i64());
    default:
      return reader.f64();
  }
}

/** A 64-bit integer as a number where that is exact, else in digits. */
const exact = (value: bigint): number | string =>
  BigInt.asIntN(54, value) === value ? Number(value) : value.toString();

async function readText(reader: BinaryReader, field: Field, limit: number): Promise<string> {
  await reader.need(8, within(field, words.length));
  const length = reader.size(within(field, words.length), Number.MAX_SAFE_INTEGER);
  if (length > reader.remaining)
    throw new TruncatedFileError(reader.source.name, 'GGUF', field, reader.position + length, reader.source.size);
  if (length > limit) reader.refuse(within(field, words.length), length, limit);
  await reader.need(length, field);
  return reader.text(length, field);
}

function checkedSize(reader: BinaryReader, type: number, key: string): number {
  const size = smallestSize[type];
  if (size === undefined)
    throw new MalformedFileError(
      reader.source.name,
      'GGUF',
      within(metadataField(key), words.type),
      type,
      oneOf(valueTypes),
    );
  return size;
}

async function locateArray(reader: BinaryReader, key: string): Promise<GgufArray> {
  await reader.need(12, metadataField(key));
  const { type, count } = readArrayHead(reader, key);
  const offset = reader.position;
  await skipElements(reader, key, type, count, 1);
  return { key, type, count, offset };
}

function readArrayHead(reader: BinaryReader, key: string): { readonly type: number; readonly count: number } {
  const type = reader.u32();
  const size = checkedSize(reader, type, key);
  const count = reader.size(within(metadataField(key), words.count));
  if (count > reader.remaining / size)
    throw new TruncatedFileError(
      reader.source.name,
      'GGUF',
      metadataField(key),
      BigInt(reader.position) + BigInt(count) * BigInt(size),
      reader.source.size,
    );
  return { type, count };
}

async function skipElements(
  reader: BinaryReader,
  key: string,
  type: number,
  count: number,
  depth: number,
): Promise<void> {
  const field = metadataField(key);
  const size = fixedSize[type];
  if (size !== undefined) return reader.skip(count * size, field);
  if (depth > NESTING_LIMIT)
    throw new MalformedFileError(
      reader.source.name,
      'GGUF',
      within(field, { en: 'nesting', ja: '入れ子の深さ' }),
      depth,
      atMost(NESTING_LIMIT),
    );
  const head = type === STRING ? 8 : 12;
  const lengthField = within(field, words.length);
  for (let i = 0; i < count; i++) {
    if (!reader.has(head)) await reader.need(head, field);
    if (type === STRING) reader.skip(reader.size(lengthField), field);
    else {
      const inner = readArrayHead(reader, key);
      await skipElements(reader, key, inner.type, inner.count, depth + 1);
    }
  }
}

/** Checks that an array holds what its key promises and is of a size that fits in memory. */
function checkArray(source: ByteSource, { key, type, count }: GgufArray, types: readonly number[]): void {
  const field = metadataField(key);
  if (!types.includes(type))
    throw new MalformedFileError(source.name, 'GGUF', within(field, words.type), type, oneOf(types));
  if (count > ELEMENT_LIMIT)
    throw new MalformedFileError(source.name, 'GGUF', within(field, words.count), count, atMost(ELEMENT_LIMIT));
}

/** The strings of an array that `readMetadata` has located. */
export async function readStrings(source: ByteSource, array: GgufArray, signal?: AbortSignal): Promise<string[]> {
  checkArray(source, array, [STRING]);
  const reader = new BinaryReader(source, 'GGUF', { position: array.offset, signal });
  const field = metadataField(array.key);
  const lengthField = within(field, words.length);
  const strings: string[] = [];
  for (let i = 0; i < array.count; i++) {
    if (!reader.has(8)) await reader.need(8, field);
    const length = reader.size(lengthField, TEXT_LIMIT);
    if (!reader.has(length)) await reader.need(length, field);
    strings.push(reader.text(length, field));
    const text = reader.position - array.offset;
    if (text > TOTAL_ARRAY_LIMIT)
      reader.refuse(within(field, { en: 'bytes', ja: 'バイト数' }), text, TOTAL_ARRAY_LIMIT);
  }
  return strings;
}

/** The numbers of an array that `readMetadata` has located: u32, i32 or f32. */
export async function readNumbers(
  source: ByteSource,
  array: GgufArray,
  signal?: AbortSignal,
): Promise<Uint32Array | Int32Array | Float32Array> {
  checkArray(source, array, Object.keys(numberArrays).map(Number));
  const bytes = await source.read(array.offset, array.count * 4, signal);
  return new numberArrays[array.type as keyof typeof numberArrays](bytes.buffer, bytes.byteOffset, array.count);
}

const numberArrays = { 4: Uint32Array, 5: Int32Array, 6: Float32Array } as const;
