import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requestGpu } from '@tama/kernels-wgsl';
import { openDawn } from '@tama/kernels-wgsl/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Checkpoint, CheckpointTensor } from './checkpoint/checkpoint.ts';
import { gemma2Tensors } from './checkpoint/gemma2-tensors.ts';
import { readGguf } from './checkpoint/gguf/gguf-file.ts';
import { openCheckpoint } from './checkpoint/open-checkpoint.ts';
import { type Placement, type StoredArray, storedTensor, TransposedRows } from './checkpoint/stored-array.ts';
import { quantisedTensors } from './convert/quantised-tensors.ts';
import { writeGguf } from './convert/write-gguf.ts';
import type { LoadOptions, LoadProgress } from './engine.ts';
import type { Gemma2Config } from './gemma2/config.ts';
import { GpuModel } from './gemma2/gpu-model.ts';
import { planModel } from './gemma2/plan.ts';
import { configOf, publishedSizes } from './gemma2/published-sizes.ts';
import { loadGemma } from './load-gemma.ts';
import { memorySource } from './storage/memory-source.ts';
import { writeNodeFile } from './storage/node-file-sink.ts';
import { nodePath } from './storage/node-file-source.ts';
import { syntheticCheckpoint } from './synth/synthetic-checkpoint.ts';
import { syntheticVocabulary } from './synth/synthetic-vocabulary.ts';
import { fixture, readFixture } from './testing/fixtures.ts';
import { hostMemoryLimit, measureHostMemory } from './testing/host-memory.ts';

// On Dawn's null backend: everything is validated, allocated and uploaded, and nothing computed. It has 512 MiB.
let gpu: GPU;
beforeAll(async () => {
  gpu = await openDawn({ nullBackend: true });
});

const small: Gemma2Config = configOf(
  { layers: 2, hiddenSize: 256, heads: 4, kvHeads: 2, headDim: 64, intermediateSize: 512 },
  { vocabularySize: 2048, slidingWindow: 100 },
);

const loadOptions = { context: 300, prefillChunk: 32, rollback: 20, embeddingScale: 'bfloat16' } as const;

async function load(
  checkpoint: Checkpoint,
  options: { context: number; prefillChunk: number; rollback: number },
): Promise<GpuModel> {
  return GpuModel.load(await context, checkpoint, { ...loadOptions, ...options });
}
let context: ReturnType<typeof requestGpu>;
beforeAll(() => {
  context = requestGpu(gpu);
});

describe('the plan', () => {
  it.each(['bf16', 'q4_k_m'] as const)('is what a %s model then takes, to the byte', async (type) => {
    const checkpoint = syntheticCheckpoint(small, { type, seed: 3 });
    const { features, device } = await context;
    for (const options of [loadOptions, { context: 17, prefillChunk: 1, rollback: 0 }]) {
      const plan = await planModel(checkpoint, { ...options, f16: features.f16, limits: device.limits });
      const model = await load(checkpoint, options);
      expect(plan).toMatchObject({
        weightBytes: model.weightBytes,
        cacheBytes: model.cacheBytes,
        totalBytes: model.bytes,
      });
      model.dispose();
    }
  });

  it.each(['q8', 'q4'] as const)('counts float weights as %s, which they become', async (weights) => {
    const folder = await nodePath(fixture('small/hf'));
    const phases: LoadProgress[] = [];
    const onProgress = (progress: LoadProgress) => phases.push(progress);
    const engine = await loadGemma(folder, { gpu, weights, onProgress });
    const checkpoint = await openCheckpoint(folder);
    const plan = await planModel(checkpoint, {
      context: engine.info.contextLength,
      prefillChunk: 64,
      f16: true,
      weights,
    });
    await checkpoint.close();
    expect(engine.info).toMatchObject({ weightBytes: plan.weightBytes });
    expect(phases.at(-1)).toMatchObject({ phase: 'ready', loadedBytes: phases.at(-1)!.totalBytes });
    expect(phases.filter(({ phase }) => phase === 'weights').at(-1)!.loadedBytes).toBe(phases.at(-1)!.totalBytes);
    await engine.close();
  });

  it('is refused where the weights are quantised already, or the kind is none', async () => {
    const file = () => memorySource('tiny.gguf', readFixture('tiny/gguf/tiny-q4_0.gguf'));
    await expect(loadGemma(file(), { gpu, weights: 'q4' })).rejects.toMatchObject({ code: 'already-quantised' });
    const weights = 'q3' as 'q4';
    await expect(loadGemma(file(), { gpu, weights })).rejects.toMatchObject({ code: 'option' });
  });

  it('is made before anything is loaded', async () => {
    const file = memorySource('tiny.gguf', readFixture('tiny/gguf/tiny-q4_0.gguf'));
    const phases: string[] = [];
    const options: LoadOptions = { gpu, memoryBudget: 100_000, onProgress: ({ phase }) => phases.push(phase) };
    await expect(loadGemma(file, options)).rejects.toMatchObject({ code: 'model-too-large' });
    expect(phases).toEqual(['open']);
  });
});

it('closes what it has opened where there is no adapter, and tells of that first', async () => {
  const none = { requestAdapter: async () => null } as unknown as GPU;
  const file = memorySource('tiny.gguf', readFixture('tiny/gguf/tiny-q4_0.gguf'));
  let close = async () => {};
  const closed = new Promise<void>((resolve) => {
    close = async () => resolve();
  });
  await expect(loadGemma({ ...file, close }, { gpu: none })).rejects.toMatchObject({ code: 'no-adapter' });
  await closed;
  const notAModel = memorySource('tiny.gguf', new Uint8Array(64));
  await expect(loadGemma(notAModel, { gpu: none })).rejects.toMatchObject({ code: 'no-adapter' });
});

describe('weights that are no numbers', () => {
  it.each(['blk.2.attn_v.weight', 'blk.1.ffn_norm.weight'])('are found while %s is loaded', async (name) => {
    const file = readFixture('tiny/gguf/tiny-f32.gguf');
    const tensor = (await readGguf(memorySource('m', file))).tensors.get(name)!;
    new DataView(file.buffer).setFloat32(tensor.offset + 4 * 50, Number.NEGATIVE_INFINITY, true);
    await expect(loadGemma(memorySource('m.gguf', file), { gpu })).rejects.toMatchObject({
      code: 'weights-not-finite',
      details: { row: 0, column: 50, kind: 'infinity' },
    });
  });
});

describe('a GPU without enough memory', () => {
  const cached = { heads: 8, kvHeads: 8, headDim: 256, slidingWindow: 8192 };
  // Keys and values of 4096 tokens: 64 MiB a layer in f32, 32 in f16.
  const config = (layers: number, intermediateSize: number) =>
    configOf({ ...small, layers, intermediateSize }, { ...cached, vocabularySize: 2048 });
  const options = { context: 4096, prefillChunk: 32, rollback: 0 };
  const layersOfCache = async (bytes: number) => bytes / (((await context).features.f16 ? 32 : 64) * 2 ** 20);

  it('is a typed error, and everything is released', async () => {
    const most = await layersOfCache(448 * 2 ** 20);
    const fits = syntheticCheckpoint(config(most, 512), { type: 'q8_0', seed: 1 });
    const cacheTooLarge = syntheticCheckpoint(config(2 * most, 512), { type: 'q8_0', seed: 1 });
    const weightsTooLarge = syntheticCheckpoint(config(most, 32_768), { type: 'q8_0', seed: 1 });
    await expect(load(cacheTooLarge, options)).rejects.toMatchObject({
      code: 'gpu-out-of-memory',
      details: { label: 'KV cache' },
    });
    await expect(load(weightsTooLarge, options)).rejects.toMatchObject({ code: 'gpu-out-of-memory' });
    // Each of these has room only if nothing of those before is left.
    const model = await load(fits, options);
    model.dispose();
    const again = await load(fits, options);
    again.dispose();
  });
});

describe('host memory', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tama-load-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['q4_0', undefined, 140e6],
    ['bf16', 'q4', 140e6],
  ] as const)('stays far below the size of a file in %s, loaded as %s', async (type, weights, least) => {
    const vocabulary = syntheticVocabulary(32_768);
    const sizes = { ...publishedSizes['2b'], layers: 2, vocabularySize: vocabulary.pieces.length };
    const checkpoint = syntheticCheckpoint(sizes, { type, seed: 1, vocabulary });
    const path = join(folder, `${type}-${weights}.gguf`);
    await writeNodeFile(path, async (sink) => writeGguf(checkpoint, await checkpoint.tokenizer!(), sink));

    const { result: engine, memory } = await measureHostMemory(async (sample) =>
      loadGemma(await nodePath(path), { gpu, context: 1024, onProgress: sample, ...(weights && { weights }) }),
    );
    expect(engine.info.weightBytes).toBeGreaterThan(least);
    // Nothing that large was there, so no single ArrayBuffer was larger either.
    expect(memory.peakBytes).toBeLessThan(hostMemoryLimit);
    await engine.close();
  });

  it('stays so for weights that are stored transposed, in f32, and quantised', async () => {
    const config = { ...publishedSizes['2b'], layers: 1, vocabularySize: 4096 };
    const some = new Uint8Array(Float32Array.from({ length: 2 ** 18 }, (_, i) => Math.sin(i)).buffer);
    const transposed = new TransposedRows();
    const stored = gemma2Tensors(config).map(({ name, shape }): CheckpointTensor => {
      const array: StoredArray = {
        shape: shape.toReversed(),
        encoding: 'f32',
        async read(_first, count, _signal, into = new Uint8Array(4 * count)) {
          for (let at = 0; at < into.length; at += some.length) into.set(some.subarray(0, into.length - at), at);
          return into;
        },
      };
      const placement: Placement =
        shape.length === 1
          ? { kind: 'rows', first: 0 }
          : { kind: 'columns', first: 0, planeRows: shape[1], planeColumns: shape[0] };
      return storedTensor(name, shape, array, placement, transposed);
    });
    const tensors = new Map(stored.map((tensor) => [tensor.name, tensor]));
    const model = {
      ...syntheticCheckpoint(config, { type: 'f32', seed: 1 }),
      tensors: quantisedTensors({ tensors }, 'q4'),
    };
    const limit = 56 * 2 ** 20; // unpacking zstd takes a window of 8 MiB besides
    const loading = () => load(model, { context: 128, prefillChunk: 32, rollback: 0 });
    const { result, memory } = await measureHostMemory(loading, limit);
    expect(result.weightBytes).toBeGreaterThan(50e6);
    expect(memory.peakBytes).toBeLessThan(limit);
    result.dispose();
  });
});
