import { type GpuMemory, keyPanel } from '@tama/kernels-wgsl';
import { mostAtOnce } from '../generation/sampler.ts';
import type { Gemma2Config } from './config.ts';

/**
 * Keys (in panels, see the kernels) and values of one layer: [kvHeads, capacity, headDim]; position p lies in slot p mod
 * capacity.
 */
export type LayerCache = { readonly keys: GPUBuffer; readonly values: GPUBuffer; readonly capacity: number };

export type KvCache = { readonly layers: readonly LayerCache[]; readonly bytes: number };

export type CacheShape = {
  readonly context: number;
  readonly prefillChunk: number;
  /** Tokens by which a conversation can go back at any length, to an edit or another branch, without a new prefill. */
  readonly rollback: number;
  readonly bytesPerValue: 2 | 4;
};

/** A question and its answer, mostly: 50 MiB of f16 keys and values for 2B. */
export const defaultRollback = 1024;

/**
 * Slots of a layer. A global layer keeps the whole context. A local one is a ring: a chunk, or a few guessed tokens, are
 * written before they are attended to, so the first row needs the `window - 1` keys before it while the last row is
 * already there; and as many again as may be taken back. Keys lie in panels of a few, which are whole.
 */
export function cacheCapacity(layer: number, { slidingWindow }: Gemma2Config, shape: CacheShape): number {
  const { context, prefillChunk, rollback } = shape;
  const ring = slidingWindow - 1 + Math.max(prefillChunk, mostAtOnce) + rollback;
  const slots = layer % 2 === 0 ? Math.min(context, ring) : context;
  return Math.ceil(slots / keyPanel) * keyPanel;
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
