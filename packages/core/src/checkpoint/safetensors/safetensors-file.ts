import { type Expectation, integerFrom, object, oneOf, same, text } from '../../expectation.ts';
import type { ByteSource } from '../../storage/byte-source.ts';
import { MalformedFileError, TruncatedFileError, UnsupportedFeatureError } from '../checkpoint-errors.ts';
import { type Field, missing, tensorField, within, words } from '../field.ts';
import { parseJsonObject } from '../json-file.ts';

/** A tensor in a safetensors file. */
export type SafetensorsTensor = {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** From the start of the file. */
  readonly offset: number;
  readonly byteLength: number;
};

export type SafetensorsFile = {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
};

/** Reference readers refuse longer headers. */
const HEADER_LIMIT = 100_000_000;
/** What we are willing to parse: Gemma 2's largest header has 60 kB, and parsing takes a multiple in memory. */
const PARSED_LIMIT = 4 * 2 ** 20;
const elementBytes: Readonly<Record<string, number>> = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

const headerLengthField = { en: 'the header length', ja: 'ヘッダーの長さ' };

/** The first bytes of a safetensors file: a plausible header length, then `{`. */
export function isSafetensors(start: Uint8Array, size: number): boolean {
  if (start.length < 9 || start[8] !== 0x7b) return false;
  const length = headerLength(start);
  return length > 1n && length <= BigInt(Math.max(HEADER_LIMIT, size));
}

const headerLength = (bytes: Uint8Array): bigint => new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);

/**
 * Reads the header of a safetensors file and checks it by the format's own rules: no repeated name, known types,
 * offsets that agree with the shapes and tile the data without holes or overlaps.
 */
export async function readSafetensors(source: ByteSource, signal?: AbortSignal): Promise<SafetensorsFile> {
  const malformed = (field: Field, found: unknown, expected: Expectation) =>
    new MalformedFileError(
      source.name,
      'safetensors',
      field,
      typeof found === 'string' ? found : (JSON.stringify(found) ?? missing),
      expected,
    );

  if (source.size < 8) throw new TruncatedFileError(source.name, 'safetensors', headerLengthField, 8, source.size);
  const length = headerLength(await source.read(0, 8, signal));
  if (length < 2n || length > HEADER_LIMIT)
    throw malformed(headerLengthField, String(length), integerFrom(2, HEADER_LIMIT));
  const dataStart = 8 + Number(length);
  if (dataStart > source.size)
    throw new TruncatedFileError(source.name, 'safetensors', words.header, dataStart, source.size);
  if (length > PARSED_LIMIT)
    throw new UnsupportedFeatureError(
      source.name,
      { en: `a header of ${length} bytes`, ja: `${length}バイトのヘッダー` },
      { en: `a header of at most ${PARSED_LIMIT} bytes`, ja: `${PARSED_LIMIT}バイト以下のヘッダー` },
    );
  const header = await source.read(8, Number(length), signal);
  if (header[0] !== 0x7b)
    throw malformed({ en: 'first byte of the header', ja: 'ヘッダーの先頭のバイト' }, header[0], same('{'));
  const { __metadata__: metadata = {}, ...entries } = parseJsonObject(source.name, 'safetensors', header);
  if (!isObject(metadata)) throw malformed('__metadata__', metadata, object);
  for (const [key, value] of Object.entries(metadata))
    if (typeof value !== 'string') throw malformed(`__metadata__.${key}`, value, text);

  const tensors = Object.entries(entries).map(([name, entry]): SafetensorsTensor => {
    const field = (what: Field) => within(tensorField(name), what);
    if (!isObject(entry)) throw malformed(tensorField(name), entry, object);
    const { dtype, shape, data_offsets: offsets } = entry;
    const size = typeof dtype === 'string' ? elementBytes[dtype] : undefined;
    if (size === undefined) throw malformed(field('dtype'), dtype, oneOf(Object.keys(elementBytes)));
    if (!isSizes(shape)) throw malformed(field('shape'), shape, same('[0 … 2^53, …]'));
    if (!isSizes(offsets) || offsets.length !== 2)
      throw malformed(field('data_offsets'), offsets, { en: '[begin, end]', ja: '[開始, 終了]' });
    const [begin, end] = offsets as [number, number];
    const byteLength = shape.reduce((bytes, extent) => bytes * extent, size);
    if (end - begin !== byteLength) throw malformed(field('data_offsets'), offsets, same(`[n, n + ${byteLength}]`));
    return { name, dtype: dtype as string, shape, offset: dataStart + begin, byteLength };
  });
  checkTiling(source, tensors, dataStart);
  return {
    metadata: metadata as Record<string, string>,
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
  };
}

function checkTiling(source: ByteSource, tensors: readonly SafetensorsTensor[], dataStart: number): void {
  let end = dataStart;
  for (const { name, offset, byteLength } of tensors.toSorted(
    (a, b) => a.offset - b.offset || a.byteLength - b.byteLength,
  )) {
    const field = within(tensorField(name), words.dataStart);
    if (offset !== end) throw new MalformedFileError(source.name, 'safetensors', field, offset, oneOf([end]));
    end = offset + byteLength;
    if (end > source.size)
      throw new TruncatedFileError(source.name, 'safetensors', tensorField(name), end, source.size);
  }
  if (end !== source.size)
    throw new MalformedFileError(
      source.name,
      'safetensors',
      { en: 'size of the file', ja: 'ファイルのサイズ' },
      source.size,
      oneOf([end]),
    );
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSizes = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length <= 8 && value.every((size) => Number.isSafeInteger(size) && size >= 0);
