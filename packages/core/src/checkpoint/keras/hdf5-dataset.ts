import { atMost, oneOf } from '../../expectation.ts';
import { checkRead } from '../../storage/byte-source.ts';
import { TensorTypeError, TruncatedFileError, UnsupportedFeatureError } from '../checkpoint-errors.ts';
import { encodings, type FloatEncoding } from '../encoding.ts';
import { named, within, words } from '../field.ts';
import type { StoredArray } from '../stored-array.ts';
import { type Hdf5Reader, places } from './hdf5-reader.ts';

const RANK_LIMIT = 8;

/** Kinds of messages in an object's header. */
export const messageTypes = {
  dataspace: 0x01,
  datatype: 0x03,
  layout: 0x08,
  filters: 0x0b,
  continuation: 0x10,
  symbolTable: 0x11,
} as const;

/** A message of an object's header. */
export type Message = { readonly type: number; readonly body: DataView };

/** What an object without members is: a dataset, or `undefined` for an empty group's like. */
export function readDataset(reader: Hdf5Reader, path: string, messages: readonly Message[]): StoredArray | undefined {
  const find = (type: number) => messages.find((candidate) => candidate.type === type)?.body;
  const [space, datatype, layout] = [
    find(messageTypes.dataspace),
    find(messageTypes.datatype),
    find(messageTypes.layout),
  ];
  if (!space || !datatype || !layout) return undefined;
  if (find(messageTypes.filters))
    throw new UnsupportedFeatureError(
      reader.source.name,
      { en: `HDF5 compression (${named(path).en})`, ja: `HDF5の圧縮（${named(path).ja}）` },
      { en: 'uncompressed datasets', ja: '圧縮されていないデータセット' },
    );
  const shape = shapeOf(reader, path, space);
  const encoding = encodingOf(reader, path, datatype);
  const { offset, size } = extentOf(reader, path, layout);
  const elementBytes = encodings[encoding].blockBytes;
  const expected = shape.reduce((bytes, extent) => bytes * extent, elementBytes);
  if (size !== expected)
    reader.malformed(within(named(path), { en: 'bytes', ja: 'バイト数' }), size, oneOf([expected]));
  const source = reader.source;
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

function shapeOf(reader: Hdf5Reader, path: string, space: DataView): readonly number[] {
  reader.need(space, 4, within(named(path), places.dataspace));
  const version = space.getUint8(0);
  const rank = space.getUint8(1);
  if (version < 1 || version > 2)
    reader.malformed(
      within(named(path), { en: 'dataspace version', ja: 'データ空間のバージョン' }),
      version,
      oneOf([1, 2]),
    );
  if (rank > RANK_LIMIT) reader.malformed(within(named(path), { en: 'rank', ja: '次元数' }), rank, atMost(RANK_LIMIT));
  const start = version === 1 ? 8 : 4;
  reader.need(space, start + 8 * rank, within(named(path), places.dataspace));
  return Array.from({ length: rank }, (_, axis) =>
    reader.u64(space, start + 8 * axis, within(named(path), { en: 'dimension', ja: '次元の大きさ' })),
  );
}

function encodingOf(reader: Hdf5Reader, path: string, datatype: DataView): FloatEncoding {
  reader.need(datatype, 8, within(named(path), { en: 'datatype', ja: 'データ型' }));
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
  throw new TensorTypeError(reader.source.name, path, found, ['float32', 'float16', 'bfloat16']);
}

function extentOf(
  reader: Hdf5Reader,
  path: string,
  layout: DataView,
): { readonly offset: number; readonly size: number } {
  reader.need(layout, 18, within(named(path), { en: 'layout', ja: 'レイアウト' }));
  const version = layout.getUint8(0);
  const kind = layout.getUint8(1);
  if (version !== 3 || kind !== 1)
    throw new UnsupportedFeatureError(
      reader.source.name,
      {
        en: `HDF5 layout version ${version}, class ${kind} (${named(path).en})`,
        ja: `HDF5レイアウトのバージョン${version}、クラス${kind}（${named(path).ja}）`,
      },
      { en: 'contiguous datasets', ja: '連続したデータセット' },
    );
  const field = within(named(path), words.data);
  return { offset: reader.u64(layout, 2, field), size: reader.u64(layout, 10, field) };
}
