import { attentionDecodeCost, attentionMergeCost, decodeSplits, splitRuns } from '@tama/kernels-wgsl';
import { describe, expect, it } from 'vitest';
import { syntheticCheckpoint } from '../synth/synthetic-checkpoint.ts';
import type { Gemma2Config } from './config.ts';
import { cacheCapacity, defaultRollback } from './kv-cache.ts';
import { planModel } from './plan.ts';
import { publishedSizes } from './published-sizes.ts';

const shape = { context: 8192, prefillChunk: 128, rollback: defaultRollback, bytesPerValue: 2 } as const;
const features = { f16: true, subgroups: true };

/** Bytes that attention moves in one decode step with `context` tokens before it: keys and values, and what is not those. */
function attentionBytes(config: Gemma2Config, context: number): { cache: number; beside: number } {
  const { layers, heads, kvHeads, headDim, slidingWindow } = config;
  const position = context - 1;
  let [cache, beside] = [0, 0];
  for (let layer = 0; layer < layers; layer++) {
    const capacity = cacheCapacity(layer, config, shape);
    const window = layer % 2 === 0 ? slidingWindow : 0;
    const splits = decodeSplits(capacity);
    const params = { heads, kvHeads, headDim, capacity, window, scale: 1, softcap: 50, splits };
    const runs = splitRuns(position, params);
    const keys = runs.reduce((sum, [first, end]) => sum + end - first, 0);
    const read = 2 * 2 * keys * kvHeads * headDim;
    const merge = attentionMergeCost(params, runs.length);
    cache += read;
    beside += attentionDecodeCost(params, features, position).bytes - read + merge.bytes;
  }
  return { cache, beside };
}

describe.each(['2b', '9b', '27b'] as const)('a decode step of %s', (size) => {
  it('moves at 8192 tokens at most 1.3 times the bytes of one at 512, keys and values aside', async () => {
    const config = publishedSizes[size];
    const checkpoint = syntheticCheckpoint(config, { type: 'q4_0', seed: 1 });
    const { weightBytes } = await planModel(checkpoint, { ...shape, f16: true });
    const [short, long] = [512, 8192].map((context) => attentionBytes(config, context).beside + weightBytes);
    // What grows are the splits' partial sums, and they are bounded: it is 1.02.
    expect(long! / short!).toBeLessThan(1.3);
  });

  it('reads every key and value once, and in local layers none outside the window', () => {
    const config = publishedSizes[size];
    const { layers, kvHeads, headDim, slidingWindow } = config;
    const perToken = 2 * 2 * kvHeads * headDim;
    expect(attentionBytes(config, 8192).cache).toBe((layers / 2) * (slidingWindow + 8192) * perToken);
  });
});
