import type { GpuMemory } from '@tama/kernels-wgsl';
import type { Gemma2Config } from './config.ts';

/** Keys and values of one layer: [kvHeads, capacity, headDim]; position p lies in slot p mod capacity. */
export type LayerCache = { readonly keys: GPUBuffer; readonly values: GPUBuffer; readonly capacity: number };

export type KvCache = { readonly layers: readonly LayerCache[]; readonly bytes: number };

export type CacheShape = { readonly context: number; readonly prefillChunk: number; readonly bytesPerValue: 2 | 4 };

/**
 * Slots of a layer. A global layer keeps the whole context. A local one is a ring: a chunk is written before it is
 * attended to, so its first row needs the `window - 1` keys before it while the chunk's last row is already there.
 */
export function cacheCapacity(layer: number, { slidingWindow }: Gemma2Config, shape: CacheShape): number {
  const { context, prefillChunk } = shape;
  return layer % 2 === 0 ? Math.min(context, slidingWindow - 1 + prefillChunk) : context;
}

/** Bytes of the whole cache, known before anything is allocated. */
export function cacheBytes(config: Gemma2Config, shape: CacheShape): number {
  let slots = 0;
  for (let layer = 0; layer < config.layers; layer++) slots += cacheCapacity(layer, config, shape);
  return 2 * slots * config.kvHeads * config.headDim * shape.bytesPerValue;
}

export function createKvCache(memory: Pick<GpuMemory, 'storage'>, config: Gemma2Config, shape: CacheShape): KvCache {
  const layers = Array.from({ length: config.layers }, (_, layer): LayerCache => {
    const capacity = cacheCapacity(layer, config, shape);
    const bytes = capacity * config.kvHeads * config.headDim * shape.bytesPerValue;
    return {
      keys: memory.storage(`layer ${layer} keys`, bytes),
      values: memory.storage(`layer ${layer} values`, bytes),
      capacity,
    };
  });
  return { layers, bytes: cacheBytes(config, shape) };
}
