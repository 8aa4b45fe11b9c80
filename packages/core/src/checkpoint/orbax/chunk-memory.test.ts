import { beforeEach, expect, it, vi } from 'vitest';
import { memorySource } from '../../storage/memory-source.ts';
import type { CompressedChunk } from './chunk-streams.ts';

/** Memories of all decoders there are. */
const memories: WebAssembly.Memory[] = [];
const instantiate = WebAssembly.instantiate as unknown as (module: WebAssembly.Module) => Promise<WebAssembly.Instance>;
vi.spyOn(WebAssembly, 'instantiate').mockImplementation((async (module: WebAssembly.Module) => {
  const instance = await instantiate(module);
  memories.push(instance.exports.memory as WebAssembly.Memory);
  return instance;
}) as unknown as typeof WebAssembly.instantiate);
beforeEach(() => {
  // Decoders are used again: each test begins without any.
  vi.resetModules();
  memories.length = 0;
});
const bytesHeld = () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);

const blockBytes = 100_000;
/** A zstd frame that announces a window of 2^(10 + exponent) bytes, however little is in it: blocks as they are. */
function frame(exponent: number, blocks: number, value: number): Uint8Array {
  const parts = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, exponent << 3)];
  for (let block = 1; block <= blocks; block++) {
    const header = blockBytes * 8 + (block === blocks ? 1 : 0);
    parts.push(Uint8Array.of(header, header >> 8, header >> 16), new Uint8Array(blockBytes).fill(value));
  }
  return Buffer.concat(parts);
}
const chunk = (key: string, ...frames: readonly Uint8Array[]): CompressedChunk => ({
  key,
  source: memorySource(key, Buffer.concat(frames)),
  codec: 'zstd',
  size: 8 * blockBytes,
});

/** Reads chunks side by side, as the rows of an array that is divided into columns. */
async function readByTurns(chunks: readonly CompressedChunk[], limit: number): Promise<void> {
  const { ChunkStreams } = await import('./chunk-streams.ts');
  const streams = new ChunkStreams();
  for (let at = 0; at < 8; at++)
    for (const [index, compressed] of chunks.entries()) {
      const target = new Uint8Array(blockBytes);
      await streams.read(compressed, at * blockBytes, target);
      expect(target.every((byte) => byte === index)).toBe(true);
      expect(bytesHeld()).toBeLessThan(limit);
    }
}

it('holds a bounded number of bytes, whatever windows are asked for', async () => {
  const chunks = Array.from({ length: 20 }, (_, i) => chunk(`c${i}`, frame(13, 8, i)));
  await readByTurns(chunks, 32 * 2 ** 20);
  expect(bytesHeld()).toBeGreaterThan(3 * 2 ** 23);
});

it('makes room for a window that is larger than the one before in the same chunk', async () => {
  const chunks = Array.from({ length: 20 }, (_, i) => chunk(`c${i}`, frame(7, 2, i), frame(13, 6, i)));
  // Small decoders that wait to be used again come on top.
  await readByTurns(chunks, 48 * 2 ** 20);
  expect(memories.length).toBeGreaterThan(12);
});
