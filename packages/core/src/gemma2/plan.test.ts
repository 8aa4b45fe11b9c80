import { explain, isTamaError } from '@tama/errors';
import { describe, expect, it } from 'vitest';
import { syntheticCheckpoint } from '../synth/synthetic-checkpoint.ts';
import { fitModel } from './model-fit.ts';
import type { ModelTooLargeError } from './model-too-large-error.ts';
import { defaultLimits, planModel } from './plan.ts';
import { publishedSizes } from './published-sizes.ts';

const checkpoint = (size: keyof typeof publishedSizes, type: 'bf16' | 'f16' | 'q4_0' | 'q4_k_m' | 'q8_0') =>
  syntheticCheckpoint(publishedSizes[size], { type, seed: 1 });
const usual = { context: 8192, prefillChunk: 64, f16: true };

describe('planModel', () => {
  // Bytes by hand: V D, and per layer (2 N H + 2 K H + 3 F) D weights, at 4.5 bits, the embedding at 6.5625.
  it('counts 2B at Q4_0', async () => {
    const plan = await planModel(checkpoint('2b', 'q4_0'), usual);
    const embedding = (256_000 * 2304 * 210) / 256;
    const layer = ((2 * 2048 + 2 * 1024 + 3 * 9216) * 2304 * 18) / 32;
    const norms = 4 * 2304 * (4 * 26 + 1);
    expect(plan.weightBytes).toBe(embedding + 26 * layer + norms);
    // 13 rings of W - 1 + 64 + 1024 slots, in whole panels of 8, 13 layers of 8192.
    expect(plan.cacheBytes).toBe(13 * (4096 + 64 + 1024 + 8192) * 2 * 4 * 256 * 2);
    expect(plan.totalBytes).toBe(plan.weightBytes + plan.cacheBytes + plan.workBytes);
    expect(plan.largestBuffer.bytes).toBeLessThanOrEqual(defaultLimits.maxStorageBufferBindingSize);
    // The embedding takes four bindings of at most 128 MiB, with a buffer of scales each that is not counted.
    expect(plan.weightParts).toBe(26 * 4 + 4);
  });

  it.each([
    ['9b', 'q4_k_m'],
    ['9b', 'q8_0'],
    ['27b', 'q4_k_m'],
    ['27b', 'bf16'],
  ] as const)('divides %s at %s into bindings that every adapter has', async (size, type) => {
    const plan = await planModel(checkpoint(size, type), usual);
    expect(plan.largestBuffer.bytes).toBeLessThanOrEqual(defaultLimits.maxStorageBufferBindingSize);
    const large = await planModel(checkpoint(size, type), {
      ...usual,
      limits: { maxBufferSize: 2 ** 32 - 4, maxStorageBufferBindingSize: 2 ** 32 - 4 },
    });
    expect(large.weightBytes).toBe(plan.weightBytes);
    expect(large.weightParts).toBeLessThan(plan.weightParts);
  });

  it.each([
    ['q8', 8.5, 8.5],
    ['q4', 4.5, 6.5625],
  ] as const)('counts 2B in BF16 as %s will have it', async (weights, bits, embeddingBits) => {
    const plan = await planModel(checkpoint('2b', 'bf16'), { ...usual, weights });
    const layer = (2 * 2048 + 2 * 1024 + 3 * 9216) * 2304;
    const norms = 4 * 2304 * (4 * 26 + 1);
    expect(plan.weightBytes).toBe((256_000 * 2304 * embeddingBits + 26 * layer * bits) / 8 + norms);
    await expect(planModel(checkpoint('2b', 'q4_0'), { ...usual, weights })).rejects.toMatchObject({
      code: 'already-quantised',
    });
  });

  it('needs twice the cache in f32', async () => {
    const facts = checkpoint('2b', 'q4_0');
    const [half, full] = await Promise.all([planModel(facts, usual), planModel(facts, { ...usual, f16: false })]);
    expect(full.cacheBytes).toBe(2 * half.cacheBytes);
  });
});

describe('fitModel', () => {
  async function refused(...args: Parameters<typeof fitModel>): Promise<ModelTooLargeError> {
    const error = await fitModel(...args).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!isTamaError(error, 'model-too-large')) throw new Error(`it was not refused: ${error}`);
    return error as ModelTooLargeError;
  }
  const facts = checkpoint('2b', 'q8_0');

  it('lets pass what fits exactly', async () => {
    const plan = await planModel(facts, usual);
    expect(await fitModel('m', facts, { ...usual, memoryBudget: plan.totalBytes })).toEqual(plan);
    expect(await fitModel('m', facts, usual)).toEqual(plan);
    await refused('m', facts, { ...usual, memoryBudget: plan.totalBytes - 1 });
  });

  it('proposes the largest context that fits', async () => {
    const budget = (await planModel(facts, { ...usual, context: 4096 })).totalBytes;
    const { details, message } = await refused('m', facts, { ...usual, memoryBudget: budget });
    expect(details).toMatchObject({ proposedContext: 4096, proposedType: undefined, proposedBytes: budget });
    expect(message).toContain('A context of 4096 tokens fits');
  });

  it('proposes a smaller type where no context is small enough', async () => {
    const smaller = checkpoint('2b', 'q4_k_m');
    const { totalBytes } = await planModel(smaller, { ...usual, context: 5120 });
    const { details, message } = await refused('m', facts, { ...usual, memoryBudget: totalBytes + 1000 });
    expect(details).toMatchObject({ proposedType: 'q4_k_m', proposedContext: 5120, proposedBytes: totalBytes });
    expect(message).toContain('Its Q4_K_M version with a context of 5120 tokens fits');
    expect((await refused('m', facts, { ...usual, memoryBudget: 2 ** 30 })).details).toMatchObject({
      proposedContext: undefined,
    });
  });

  it('proposes to quantise floats while they are loaded', async () => {
    const floats = checkpoint('2b', 'bf16');
    const needed = (weights: 'q8' | 'q4', context: number) => planModel(floats, { ...usual, weights, context });
    const eight = (await needed('q8', 8192)).totalBytes;
    const { details, message } = await refused('m', floats, { ...usual, memoryBudget: eight });
    expect(details).toMatchObject({ proposedWeights: 'q8', proposedType: undefined, proposedBytes: eight });
    expect(message).toContain('Quantised to q8 while loading, it fits');
    const four = (await needed('q4', 4096)).totalBytes;
    // Too much for q8: with q4 the most context that fits.
    const forLess = await refused('m', floats, { ...usual, weights: 'q8', memoryBudget: four });
    expect(forLess.details).toMatchObject({ proposedWeights: 'q4', proposedContext: 4096, proposedBytes: four });
    expect(explain(forLess, 'ja').remedy).toMatch(/q4に量子化し、コンテキストを4096トークン/);
  });

  it('refuses buffers beyond the limits', async () => {
    // A layer's keys at this context: 131072 · 4 heads · 256 · 2 bytes = 256 MiB.
    const { details, message } = await refused('m', facts, { ...usual, context: 131_072 });
    expect(details).toMatchObject({ largestBufferBytes: 2 ** 28, bufferLimit: 2 ** 27, proposedContext: 65_536 });
    expect(message).toContain('layer 1 keys');
  });
});

describe('dispatches of a decode step of 2B', () => {
  const large = { maxBufferSize: 2 ** 32 - 4, maxStorageBufferBindingSize: 2 ** 32 - 4 };
  // Embedding, first norm, head, and two for the most likely token.
  const besides = 5;

  it.each(['q4_0', 'q4_k_m', 'q8_0', 'f16'] as const)('are eight a layer and five besides at %s', async (type) => {
    const plan = await planModel(checkpoint('2b', type), { ...usual, limits: large });
    expect(plan.decodeDispatches).toBe(8 * 26 + besides);
  });

  it.each([
    ['q4_0', 4, 215],
    ['q4_k_m', 4, 215],
    ['q8_0', 5, 216],
    ['f16', 9, 219],
  ] as const)(
    'at %s with the smallest bindings have an embedding and head of %i parts: %i',
    async (type, parts, all) => {
      const plan = await planModel(checkpoint('2b', type), usual);
      expect(plan.decodeDispatches).toBe(all);
      // A dispatch embeds from three parts, and multiplies by two.
      const head = Math.ceil(parts / 3) + Math.ceil(parts / 2);
      expect(all - head).toBe(8 * 26 + besides - 2);
      const { tensors, config } = checkpoint('2b', type);
      const small = await planModel({ tensors, config: { ...config, layers: 25 } }, usual);
      expect(plan.decodeDispatches - small.decodeDispatches).toBe(8);
    },
  );
});
