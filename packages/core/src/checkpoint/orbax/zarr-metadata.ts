import { type Expectation, object, oneOf, same } from '../../expectation.ts';
import { isFields } from '../../gemma2/config.ts';
import { MalformedFileError, TensorTypeError, UnsupportedFeatureError } from '../checkpoint-errors.ts';
import type { FloatEncoding } from '../encoding.ts';
import { missing, named } from '../field.ts';

export type Codec = 'none' | 'zstd' | 'gzip';

/** What a zarr array of version 2 or 3 is made of. */
export type ZarrMetadata = {
  readonly shape: readonly number[];
  readonly encoding: FloatEncoding;
  /** The boxes that are compressed one by one: chunks, or the inner chunks of shards. */
  readonly chunk: readonly number[];
  readonly codec: Codec;
  /** Whether the values of a chunk that was never written are zeros. */
  readonly zeroFill: boolean;
  /** The boxes that are stored one a key, if they hold several chunks and an index of them. */
  readonly shard:
    | { readonly shape: readonly number[]; readonly index: 'start' | 'end'; readonly checksum: boolean }
    | undefined;
  /** The key, below the array's name, of the box at a position in the grid. */
  readonly key: (position: readonly number[]) => string;
};

const encodingOf: Readonly<Record<string, FloatEncoding>> = {
  bfloat16: 'bf16',
  float16: 'f16',
  float32: 'f32',
  '<f2': 'f16',
  '<f4': 'f32',
};

const types = ['bfloat16', 'float16', 'float32'];

/** Reads `.zarray` (version 2) or `zarr.json` (version 3). */
export function parseZarr(name: string, json: Readonly<Record<string, unknown>>): ZarrMetadata {
  const refuse = (field: string, found: unknown, expected: Expectation): never => {
    throw new MalformedFileError(name, 'zarr', field, JSON.stringify(found) ?? missing, expected);
  };
  const sizes = (field: string, value: unknown, rank?: number): readonly number[] => {
    const valid =
      Array.isArray(value) &&
      value.length <= 8 &&
      value.every((size) => Number.isSafeInteger(size) && size > 0) &&
      (rank === undefined || value.length === rank);
    return valid ? (value as number[]) : refuse(field, value, same('[1 … 2^53, …]'));
  };
  const encoding = (field: string, dtype: unknown): FloatEncoding => {
    const found = typeof dtype === 'string' ? encodingOf[dtype] : undefined;
    if (dtype === undefined) refuse(field, dtype, oneOf(types));
    if (!found) throw new TensorTypeError(name, name, JSON.stringify(dtype), types);
    return found;
  };
  const shape = sizes('shape', json.shape);
  const zeroFill = (json.fill_value ?? 0) === 0;
  if (json.zarr_format === 2) {
    if (json.order === undefined) refuse('order', json.order, same('C'));
    if (json.order !== 'C')
      throw new UnsupportedFeatureError(
        name,
        { en: `zarr order ${stated(json.order).en}`, ja: `zarrのorder${stated(json.order).ja}` },
        { en: 'zarr order C', ja: 'zarrのorder C' },
      );
    if (Array.isArray(json.filters) && json.filters.length > 0)
      throw new UnsupportedFeatureError(
        name,
        { en: 'zarr filters', ja: 'zarrのフィルター' },
        { en: 'zarr without filters', ja: 'フィルターのないzarr' },
      );
    const separator = json.dimension_separator ?? '.';
    if (separator !== '.' && separator !== '/') refuse('dimension_separator', separator, oneOf(['.', '/']));
    return {
      shape,
      encoding: encoding('dtype', json.dtype),
      chunk: sizes('chunks', json.chunks, shape.length),
      codec: codecOf(name, isFields(json.compressor) ? json.compressor.id : json.compressor),
      zeroFill,
      shard: undefined,
      key: (position) => position.join(String(separator)),
    };
  }
  if (json.zarr_format !== 3 || json.node_type !== 'array') refuse('zarr_format', json.zarr_format, oneOf([2, 3]));
  const grid =
    isFields(json.chunk_grid) && isFields(json.chunk_grid.configuration)
      ? json.chunk_grid.configuration
      : refuse('chunk_grid', json.chunk_grid, object);
  const box = sizes('chunk_shape', grid.chunk_shape, shape.length);
  const codecs = codecList(name, json.codecs);
  const sharding = codecs.find((codec) => codec.name === 'sharding_indexed')?.configuration;
  if (sharding && codecs.length > 1)
    throw new UnsupportedFeatureError(
      name,
      { en: 'zarr codecs around shards', ja: 'シャードの外側のzarrコーデック' },
      { en: 'plain zarr shards', ja: '外側にコーデックのないzarrシャード' },
    );
  const inner = sharding ? codecList(name, sharding.codecs) : codecs;
  const chunk = sharding ? sizes('chunk_shape', sharding.chunk_shape, shape.length) : box;
  if (box.some((size, axis) => size % chunk[axis]! !== 0))
    refuse('chunk_shape', chunk, same(`${JSON.stringify(box)} / n`));
  const indexCodecs = sharding ? codecList(name, sharding.index_codecs) : [];
  const location = sharding?.index_location ?? 'end';
  if (location !== 'start' && location !== 'end') refuse('index_location', location, oneOf(['start', 'end']));
  return {
    shape,
    encoding: encoding('data_type', json.data_type),
    chunk,
    codec: codecOf(name, inner.find((codec) => codec.name !== 'bytes')?.name ?? null, inner.length > 2),
    zeroFill,
    shard: sharding
      ? {
          shape: box,
          index: location as 'start' | 'end',
          checksum: indexCodecs.some((codec) => codec.name === 'crc32c'),
        }
      : undefined,
    key: keyEncoding(name, json.chunk_key_encoding),
  };
}

/** What stands in the metadata, whatever it is. */
const stated = (value: unknown) => named(typeof value === 'string' ? value : String(JSON.stringify(value)));

type NamedCodec = { readonly name: string; readonly configuration: Readonly<Record<string, unknown>> };

function codecList(name: string, value: unknown): readonly NamedCodec[] {
  if (!Array.isArray(value) || value.length > 8)
    throw new MalformedFileError(name, 'zarr', 'codecs', JSON.stringify(value) ?? missing, same('[…]'));
  return value.map((codec: unknown) => {
    if (!isFields(codec) || typeof codec.name !== 'string')
      throw new MalformedFileError(name, 'zarr', 'codecs', JSON.stringify(codec) ?? missing, same('{name, …}'));
    const configuration = isFields(codec.configuration) ? codec.configuration : {};
    if (codec.name === 'bytes' && (configuration.endian ?? 'little') !== 'little')
      throw new UnsupportedFeatureError(
        name,
        { en: 'big-endian zarr', ja: 'ビッグエンディアンのzarr' },
        { en: 'little-endian zarr', ja: 'リトルエンディアンのzarr' },
      );
    return { name: codec.name, configuration };
  });
}

function codecOf(name: string, id: unknown, more = false): Codec {
  if (id === null || id === undefined) return 'none';
  if (!more && (id === 'zstd' || id === 'gzip')) return id;
  throw new UnsupportedFeatureError(
    name,
    { en: `zarr compression ${stated(id).en}`, ja: `zarrの圧縮${stated(id).ja}` },
    { en: 'zarr compression zstd, gzip or none', ja: 'zstd、gzip、または無圧縮のzarr' },
  );
}

function keyEncoding(name: string, value: unknown): ZarrMetadata['key'] {
  const encoding = isFields(value) ? value : { name: 'default' };
  const configuration = isFields(encoding.configuration) ? encoding.configuration : {};
  if (encoding.name === 'default') return (position) => ['c', ...position].join(String(configuration.separator ?? '/'));
  if (encoding.name === 'v2') return (position) => position.join(String(configuration.separator ?? '.'));
  throw new UnsupportedFeatureError(
    name,
    { en: `zarr chunk keys ${stated(encoding.name).en}`, ja: `zarrのチャンクキー${stated(encoding.name).ja}` },
    { en: "zarr chunk keys 'default' or 'v2'", ja: 'チャンクキーがdefaultまたはv2のzarr' },
  );
}
