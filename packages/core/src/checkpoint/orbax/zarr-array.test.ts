import { describe, expect, it } from 'vitest';
import { memoryFolder } from '../../storage/memory-source.ts';
import { ChunkStreams } from './chunk-streams.ts';
import { folderStore, type KeyValueStore } from './key-value-store.ts';
import { zarrArray } from './zarr-array.ts';
import { parseZarr } from './zarr-metadata.ts';

/** Four f32, never written unless `store` has chunk 0. */
const four = (store: KeyValueStore, change: object = {}) => {
  const metadata = { zarr_format: 2, shape: [4], chunks: [4], dtype: '<f4', order: 'C', compressor: null, ...change };
  return zarrArray(store, 'layer_0.scale', parseZarr('layer_0.scale', metadata), new ChunkStreams());
};
const database: KeyValueStore = {
  name: 'db',
  complete: true,
  get: async () => undefined,
  arrayNames: async () => ['layer_0.scale'],
};

describe('a chunk of a zarr array', () => {
  it.each([undefined, null, 0])('that was never written holds zeros where the fill value is %s', async (fill) => {
    expect(await four(database, { fill_value: fill }).read(0, 4)).toEqual(new Uint8Array(16));
  });

  it.each([1, 'NaN'])('that was never written is not taken for zeros where the fill value is %s', async (fill) => {
    const array = four(database, { fill_value: fill });
    await expect(array.read(0, 4)).rejects.toMatchObject({ code: 'checkpoint-unsupported' });
  });

  it.each([null, { id: 'zstd' }])(
    'is named with its array when it is cut off, compressed as %j',
    async (compressor) => {
      const files = new Map([['layer_0.scale/0', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x24)]]);
      const array = four(folderStore(memoryFolder('m', files), []), { compressor });
      await expect(array.read(0, 4)).rejects.toMatchObject({
        code: 'checkpoint-truncated',
        details: { file: 'layer_0.scale/0' },
      });
    },
  );
});
