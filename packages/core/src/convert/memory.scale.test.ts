import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import { configOf } from '../gemma2/published-sizes.ts';
import { writeNodeFile } from '../storage/node-file-sink.ts';
import { nodePath } from '../storage/node-file-source.ts';
import { syntheticCheckpoint } from '../synth/synthetic-checkpoint.ts';
import { syntheticVocabulary } from '../synth/synthetic-vocabulary.ts';
import { describeHostMemory, hostMemoryLimit, measureHostMemory } from '../testing/host-memory.ts';
import type { WeightType } from './weight-types.ts';
import { writeGguf } from './write-gguf.ts';
import { writeHuggingFace } from './write-hugging-face.ts';

// The full vocabulary, and weights many times the limit: 95 million.
const config = configOf({
  layers: 4,
  hiddenSize: 256,
  heads: 8,
  kvHeads: 4,
  headDim: 64,
  intermediateSize: 9216,
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tama-convert-'));
  await mkdir(join(folder, 'hf'));
  const vocabulary = syntheticVocabulary(config.vocabularySize);
  const synthetic = (type: WeightType) => syntheticCheckpoint(config, { type, seed: 3, vocabulary });
  const tokenizer = await synthetic('bf16').tokenizer!();
  for (const type of ['q4_0', 'bf16'] as const)
    await writeNodeFile(join(folder, `${type}.gguf`), (sink) => writeGguf(synthetic(type), tokenizer, sink));
  await writeHuggingFace(synthetic('bf16'), tokenizer, (file, produce) =>
    writeNodeFile(join(folder, 'hf', file), produce),
  );
});
afterAll(() => rm(folder, { recursive: true }));

it.for([
  ['q4_0.gguf', 'gguf', undefined],
  ['bf16.gguf', 'gguf', 'q4_0'],
  ['bf16.gguf', 'gguf', 'q4_k_m'],
  ['hf', 'gguf', 'q8_0'],
  ['q4_0.gguf', 'safetensors', undefined],
  ['q4_0.gguf', 'safetensors', 'bf16'],
] as const)(
  'converting %s to %s, type %s, takes at most 64 MiB of JavaScript memory',
  async ([from, to, type], { annotate }) => {
    const output = join(folder, 'output');
    await mkdir(output);
    const source = await nodePath(join(folder, from));
    const { memory } = await measureHostMemory(async (sample) => {
      const checkpoint = await openCheckpoint(source);
      const tokenizer = await checkpoint.tokenizer!();
      const options = { onProgress: sample, ...(type ? { type } : {}) };
      if (to === 'gguf')
        await writeNodeFile(join(output, 'm'), (sink) => writeGguf(checkpoint, tokenizer, sink, options));
      else
        await writeHuggingFace(
          checkpoint,
          tokenizer,
          (file, produce) => writeNodeFile(join(output, file), produce),
          options,
        );
      await checkpoint.close();
    });
    await rm(output, { recursive: true });
    await annotate(describeHostMemory(memory));
    expect(memory.samples).toBeGreaterThan(30);
    expect(memory.peakBytes).toBeLessThan(hostMemoryLimit);
  },
);
