/// <reference types="node" />
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { isTamaError } from '@tama/errors';
import { expect, it } from 'vitest';
import { memorySource } from '../../storage/memory-source.ts';
import { seededRandom } from '../../testing/random.ts';
import { ChunkStreams, type CompressedChunk } from './chunk-streams.ts';

const random = seededRandom(3);
const content = Uint8Array.from({ length: 2_500_000 }, (_, i) => (random() < 0.5 ? i >> 12 : random() * 256));
/** Frames with larger and larger windows, for which the decoder's memory moves. */
const parts = [content.subarray(0, 1000), content.subarray(1000, 400_000), content.subarray(400_000)];
const frames = Buffer.concat(parts.map((part) => zstdCompressSync(part)));
const chunk = (codec: 'zstd' | 'gzip', bytes: Uint8Array, key = 'c'): CompressedChunk => ({
  key,
  source: memorySource(key, bytes),
  codec,
  size: content.length,
});

it.each([chunk('zstd', frames), chunk('gzip', gzipSync(content))])(
  'reads parts of $codec forward, backward and once more after the end',
  async (compressed) => {
    const streams = new ChunkStreams();
    const read = async (from: number, to: number) => {
      const target = new Uint8Array(to - from);
      await streams.read(compressed, from, target);
      expect(Buffer.compare(target, content.subarray(from, to)), `${from} to ${to}`).toBe(0);
    };
    for (let pass = 0; pass < 3; pass++) {
      for (let at = 0; at < content.length; ) {
        const end = Math.min(content.length, at + Math.ceil(random() * 300_000));
        await read(at, end);
        if (random() < 0.1) await read(Math.floor(at / 2), Math.ceil(at / 2) + 10);
        at = end;
      }
    }
  },
);

it('reads more chunks by turns than it keeps open', async () => {
  const streams = new ChunkStreams();
  const chunks = Array.from({ length: 20 }, (_, i) => chunk('zstd', frames, `c${i}`));
  for (let at = 0; at < content.length; at += 1_000_000)
    for (const compressed of chunks) {
      const target = new Uint8Array(Math.min(1_000_000, content.length - at));
      await streams.read(compressed, at, target);
      expect(Buffer.compare(target, content.subarray(at, at + target.length))).toBe(0);
    }
});

it('says that a chunk is shorter than its shape', async () => {
  const short = chunk('zstd', zstdCompressSync(content.subarray(0, -1)));
  await expect(new ChunkStreams().read(short, 0, new Uint8Array(content.length))).rejects.toSatisfy((error) =>
    isTamaError(error, 'checkpoint-damaged-data'),
  );
});
