import { atMost } from '../../expectation.ts';
import { type ByteSource, checkRead, lent } from '../../storage/byte-source.ts';
import { FileMissingError } from '../../storage/storage-errors.ts';
import {
  DamagedDataError,
  MalformedFileError,
  TruncatedFileError,
  UnsupportedFeatureError,
} from '../checkpoint-errors.ts';
import { encodings } from '../encoding.ts';
import type { StoredArray } from '../stored-array.ts';
import type { ChunkStreams } from './chunk-streams.ts';
import { checksumDiffers, crc32c } from './crc32c.ts';
import { type KeyValueStore, slice } from './key-value-store.ts';
import type { ZarrMetadata } from './zarr-metadata.ts';

/** Offset and length of a chunk in its shard; both all ones where there is none. */
const INDEX_ENTRY_BYTES = 16;
const INDEX_LIMIT = 2 ** 20;
const ABSENT = 0xffffffff;

/** A zarr array: a grid of boxes, each compressed by itself. Chunks at the edge are stored whole. */
export function zarrArray(
  store: KeyValueStore,
  name: string,
  metadata: ZarrMetadata,
  streams: ChunkStreams,
): StoredArray {
  const { shape, chunk, encoding } = metadata;
  const elementBytes = encodings[encoding].blockBytes;
  const total = shape.reduce((product, size) => product * size, 1);
  // Axes from `split` on are not divided: what they span is one run, times the extent of the chunk along the axis before.
  let split = shape.length;
  while (split > 0 && chunk[split - 1]! >= shape[split - 1]!) split--;
  const inner = shape.slice(split).reduce((product, size) => product * size, 1);
  const storedInner = chunk.slice(split).reduce((product, size) => product * size, 1);
  // Where a chunk is larger than the array, its rows are padded and only the last axes run on.
  if (storedInner !== inner) split = shape.length;

  return {
    shape,
    encoding,
    async read(first, count, signal, into) {
      checkRead({ name, size: total }, first, count);
      const bytes = lent(count * elementBytes, into);
      for (let done = 0; done < count; ) {
        const run = runAt(shape, chunk, split, first + done);
        const length = Math.min(run.length, count - done);
        const target = bytes.subarray(done * elementBytes, (done + length) * elementBytes);
        await readChunk(store, name, metadata, run.chunk, run.offset * elementBytes, target, streams, signal);
        done += length;
      }
      return bytes;
    },
  };
}

type Run = { readonly chunk: readonly number[]; readonly offset: number; readonly length: number };

/** The elements that follow each other both in the array and in a chunk, from a flat position on. */
function runAt(shape: readonly number[], chunk: readonly number[], split: number, position: number): Run {
  const indices = new Array<number>(shape.length);
  for (let axis = shape.length - 1, rest = position; axis >= 0; axis--) {
    indices[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  const offset = indices.reduce((flat, index, axis) => flat * chunk[axis]! + (index % chunk[axis]!), 0);
  const at = indices.map((index, axis) => Math.floor(index / chunk[axis]!));
  // Along the last divided axis the run ends with the chunk or the array; undivided axes within it are whole.
  const axis = split - 1;
  const span = shape.slice(split).reduce((product, size) => product * size, 1);
  const within = indices.slice(split).reduce((flat, index, i) => flat * shape[split + i]! + index, 0);
  const extent = axis < 0 ? 1 : Math.min(shape[axis]!, (at[axis]! + 1) * chunk[axis]!) - indices[axis]!;
  return { chunk: at, offset, length: extent * span - within };
}

async function readChunk(
  store: KeyValueStore,
  name: string,
  metadata: ZarrMetadata,
  position: readonly number[],
  offset: number,
  target: Uint8Array,
  streams: ChunkStreams,
  signal?: AbortSignal,
): Promise<void> {
  const { codec, shard, key } = metadata;
  const place = shard
    ? position.map((index, axis) => Math.floor((index * metadata.chunk[axis]!) / shard.shape[axis]!))
    : position;
  const full = `${name}/${key(place)}`;
  const box = await store.get(full, signal);
  const chunk = box && shard ? await chunkOfShard(box, metadata, position, signal) : box;
  if (!chunk) {
    // tensorstore does not write chunks of nothing but zeros; but a lost file looks the same.
    if (!store.complete && !box) throw new FileMissingError(full, store.name);
    if (!metadata.zeroFill)
      throw new UnsupportedFeatureError(
        name,
        { en: 'a zarr fill value other than 0', ja: '0以外のzarrのfill_value' },
        { en: 'all chunks written, or a fill value of 0', ja: 'すべてのチャンクがあるか、fill_valueが0のzarr' },
      );
    target.fill(0);
    return;
  }
  if (codec !== 'none') {
    const size = metadata.chunk.reduce((product, extent) => product * extent, encodings[metadata.encoding].blockBytes);
    const part = { key: `${full}#${position.join(',')}`, source: chunk, codec, size };
    return streams.read(part, offset, target, signal);
  }
  if (offset + target.length > chunk.size)
    throw new TruncatedFileError(full, 'zarr', { en: 'chunk', ja: 'チャンク' }, offset + target.length, chunk.size);
  target.set(await chunk.read(offset, target.length, signal));
}

/** One chunk of a shard, found by the index at the shard's start or end. */
async function chunkOfShard(
  box: ByteSource,
  { shard, chunk }: ZarrMetadata,
  position: readonly number[],
  signal?: AbortSignal,
): Promise<ByteSource | undefined> {
  const { shape, index: location, checksum } = shard!;
  const grid = shape.map((size, axis) => size / chunk[axis]!);
  const entries = grid.reduce((product, size) => product * size, 1);
  const length = entries * INDEX_ENTRY_BYTES + (checksum ? 4 : 0);
  if (length > INDEX_LIMIT)
    throw new MalformedFileError(
      box.name,
      'zarr',
      { en: 'length of a shard index', ja: 'シャードの索引の長さ' },
      length,
      atMost(INDEX_LIMIT),
    );
  if (length > box.size)
    throw new TruncatedFileError(box.name, 'zarr', { en: 'shard index', ja: 'シャードの索引' }, length, box.size);
  const bytes = await box.read(location === 'end' ? box.size - length : 0, length, signal);
  const view = new DataView(bytes.buffer);
  if (checksum && crc32c(bytes.subarray(0, -4)) !== view.getUint32(length - 4, true))
    throw new DamagedDataError(box.name, 'zarr', checksumDiffers);
  const nth = position.reduce((flat, index, axis) => flat * grid[axis]! + (index % grid[axis]!), 0) * INDEX_ENTRY_BYTES;
  const word = (at: number) => view.getUint32(nth + at, true);
  if ([0, 4, 8, 12].every((at) => word(at) === ABSENT)) return undefined;
  const offset = word(0) + word(4) * 2 ** 32;
  const size = word(8) + word(12) * 2 ** 32;
  if (offset + size > box.size)
    throw new TruncatedFileError(
      box.name,
      'zarr',
      { en: 'chunk of a shard', ja: 'シャード内のチャンク' },
      offset + size,
      box.size,
    );
  return slice(box, box.name, offset, size);
}
