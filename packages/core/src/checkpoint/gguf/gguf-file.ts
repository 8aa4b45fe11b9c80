import type { Words } from '@tama/errors';
import { atLeast, integerFrom, multipleOf, oneOf, powerOfTwo, same, unique } from '../../expectation.ts';
import type { ByteSource } from '../../storage/byte-source.ts';
import { BinaryReader } from '../binary-reader.ts';
import {
  MalformedFileError,
  TensorTypeError,
  TruncatedFileError,
  UnsupportedFeatureError,
} from '../checkpoint-errors.ts';
import { encodings, rowBytes, type WeightEncoding } from '../encoding.ts';
import { another, tensorField, within, words } from '../field.ts';
import { ggmlTypes } from './ggml-types.ts';
import { type GgufMetadata, readMetadata } from './gguf-metadata.ts';

/** A tensor in a GGUF file. `dimensions` are ggml's, the fastest first, without trailing ones. */
export type GgufTensor = {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly encoding: WeightEncoding;
  /** From the start of the file. */
  readonly offset: number;
  readonly byteLength: number;
};

export type GgufFile = {
  readonly version: number;
  readonly metadata: GgufMetadata;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
};

const MAGIC = 0x46554747;
const TENSOR_LIMIT = 2 ** 16;
const NAME_LIMIT = 512;
// u64 name length, u32 dimension count, one u64 dimension, u32 type, u64 offset.
const SMALLEST_TENSOR_INFO = 32;

export const isGguf = (start: Uint8Array): boolean => String.fromCharCode(...start.subarray(0, 4)) === 'GGUF';

/**
 * Reads the header of a GGUF file of version 2 or 3, without the large arrays in it. Every count, length and offset is
 * checked against the file before it is used: tensors lie inside the file, aligned, and do not overlap.
 */
export async function readGguf(source: ByteSource, signal?: AbortSignal): Promise<GgufFile> {
  const reader = new BinaryReader(source, 'GGUF', { signal });
  const { version, tensorCount, metadata } = await readStart(reader);
  const alignment = alignmentOf(source.name, metadata);
  if (tensorCount * SMALLEST_TENSOR_INFO > reader.remaining)
    throw new TruncatedFileError(
      source.name,
      'GGUF',
      { en: `${tensorCount} tensor infos`, ja: `${tensorCount}個のテンソル情報` },
      reader.position + tensorCount * SMALLEST_TENSOR_INFO,
      source.size,
    );

  const tensors = new Map<string, GgufTensor>();
  for (let index = 0; index < tensorCount; index++) {
    const tensor = await readTensorInfo(reader, alignment, index);
    if (tensors.has(tensor.name))
      throw new MalformedFileError(source.name, 'GGUF', words.tensorName, tensor.name, unique);
    tensors.set(tensor.name, tensor);
  }
  const dataStart = Math.ceil(reader.position / alignment) * alignment;
  return { version, metadata, tensors: placeTensors(source, tensors, dataStart) };
}

/** Reads only the metadata of a GGUF file: of one without tensors, too. */
export async function readGgufMetadata(source: ByteSource, signal?: AbortSignal): Promise<GgufMetadata> {
  return (await readStart(new BinaryReader(source, 'GGUF', { signal }))).metadata;
}

/** What lies before the tensor infos. */
async function readStart(reader: BinaryReader) {
  const { name } = reader.source;
  await reader.need(24, words.header);
  if (reader.u32() !== MAGIC) throw new MalformedFileError(name, 'GGUF', words.magic, another, same('GGUF'));
  const version = reader.u32();
  checkVersion(name, version);
  const tensorCount = reader.size({ en: 'the number of tensors', ja: 'テンソルの数' }, TENSOR_LIMIT);
  const metadata = await readMetadata(
    reader,
    reader.size({ en: 'the number of metadata entries', ja: 'メタデータの項目数' }, 2 ** 16),
  );
  return { version, tensorCount, metadata };
}

function checkVersion(file: string, version: number): void {
  if (version === 2 || version === 3) return;
  if (version === 1)
    throw new UnsupportedFeatureError(
      file,
      { en: 'GGUF version 1', ja: 'GGUFバージョン1' },
      { en: 'GGUF version 2 / 3', ja: 'GGUFバージョン2または3' },
    );
  if (version === 0x02000000 || version === 0x03000000)
    throw new UnsupportedFeatureError(
      file,
      { en: 'big-endian GGUF', ja: 'ビッグエンディアンのGGUF' },
      { en: 'little-endian GGUF', ja: 'リトルエンディアンのGGUF' },
    );
  throw new MalformedFileError(file, 'GGUF', words.version, version, oneOf([2, 3]));
}

function alignmentOf(file: string, { values }: GgufMetadata): number {
  const alignment = values['general.alignment'] ?? 32;
  const valid =
    typeof alignment === 'number' && alignment >= 1 && alignment <= 2 ** 30 && Number.isInteger(Math.log2(alignment));
  if (!valid) throw new MalformedFileError(file, 'GGUF', 'general.alignment', String(alignment), powerOfTwo);
  return alignment;
}

/** A tensor info; its offset still counts from the start of the data. */
async function readTensorInfo(reader: BinaryReader, alignment: number, index: number): Promise<GgufTensor> {
  const file = reader.source.name;
  const label = { en: `tensor ${index}`, ja: `${index}番のテンソル` };
  const nameLengthField = within(label, { en: 'name length', ja: '名前の長さ' });
  await reader.need(8, nameLengthField);
  const nameLength = reader.size(nameLengthField, NAME_LIMIT);
  await reader.need(nameLength + 4, within(label, words.name));
  const name = reader.text(nameLength, within(label, words.name));
  const field = (what: Words) => within(tensorField(name), what);
  const dimensionCount = reader.u32();
  if (dimensionCount < 1 || dimensionCount > 4)
    throw new MalformedFileError(
      file,
      'GGUF',
      field({ en: 'number of dimensions', ja: '次元数' }),
      dimensionCount,
      integerFrom(1, 4),
    );
  await reader.need(8 * dimensionCount + 12, field(words.shape));
  const dimensions = Array.from({ length: dimensionCount }, (_, axis) => {
    const dimension = field({ en: `dimension ${axis}`, ja: `次元${axis}` });
    const size = reader.size(dimension, 2 ** 40);
    if (size === 0) throw new MalformedFileError(file, 'GGUF', dimension, size, integerFrom(1, 2 ** 40));
    return size;
  });
  const encoding = encodingOf(file, name, reader.u32());
  const width = dimensions[0]!;
  const { blockElements } = encodings[encoding];
  if (width % blockElements !== 0)
    throw new MalformedFileError(
      file,
      'GGUF',
      field({ en: 'row length', ja: '行の長さ' }),
      width,
      multipleOf(blockElements),
    );
  const byteLength = dimensions.slice(1).reduce((bytes, size) => bytes * size, rowBytes(encoding, width));
  if (byteLength > reader.source.size)
    throw new TruncatedFileError(file, 'GGUF', field(words.data), byteLength, reader.source.size);
  const offset = reader.size(field(words.offset), 2 ** 52);
  if (offset % alignment !== 0)
    throw new MalformedFileError(file, 'GGUF', field(words.offset), offset, multipleOf(alignment));
  while (dimensions.length > 1 && dimensions.at(-1) === 1) dimensions.pop();
  return { name, dimensions, encoding, offset, byteLength };
}

function encodingOf(file: string, tensor: string, type: number): WeightEncoding {
  const known = ggmlTypes[type];
  if (known?.encoding) return known.encoding;
  const supported = Object.values(ggmlTypes).filter(({ encoding }) => encoding);
  throw new TensorTypeError(
    file,
    tensor,
    known?.name ?? { en: `ggml type ${type}`, ja: `ggmlの型${type}` },
    supported.map(({ name }) => name),
  );
}

/** Makes offsets absolute and checks that every tensor lies in the file and none overlaps another. */
function placeTensors(
  source: ByteSource,
  tensors: ReadonlyMap<string, GgufTensor>,
  dataStart: number,
): ReadonlyMap<string, GgufTensor> {
  const placed = [...tensors.values()].map((tensor) => ({ ...tensor, offset: dataStart + tensor.offset }));
  let end = dataStart;
  for (const { name, offset, byteLength } of placed.toSorted((a, b) => a.offset - b.offset)) {
    if (offset < end)
      throw new MalformedFileError(
        source.name,
        'GGUF',
        within(tensorField(name), words.dataStart),
        offset,
        atLeast(end),
      );
    end = offset + byteLength;
    if (end > source.size) throw new TruncatedFileError(source.name, 'GGUF', tensorField(name), end, source.size);
  }
  return new Map(placed.map((tensor) => [tensor.name, tensor]));
}
