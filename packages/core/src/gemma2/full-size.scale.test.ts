import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeGguf } from '../convert/write-gguf.ts';
import type { GenerateEvent } from '../engine.ts';
import type { GpuEngine } from '../gpu-engine.ts';
import { loadGemma } from '../load-gemma.ts';
import { writeNodeFile } from '../storage/node-file-sink.ts';
import { nodePath } from '../storage/node-file-source.ts';
import { syntheticCheckpoint } from '../synth/synthetic-checkpoint.ts';
import { syntheticVocabulary } from '../synth/synthetic-vocabulary.ts';
import { clearPositions, compareLogits } from '../testing/compare-logits.ts';
import { describeHostMemory, type HostMemory, hostMemoryLimit, measureHostMemory } from '../testing/host-memory.ts';
import { llamaCppLogits } from '../testing/llama-cpp.ts';
import { testGpu } from '../testing/load.ts';
import { publishedSizes } from './published-sizes.ts';

const config = publishedSizes['2b'];
/** 64 ids from all over the vocabulary. */
const prompt = [2, ...Array.from({ length: 63 }, (_, i) => (7919 * i + 1013) % config.vocabularySize)];

describe.each(['q4_0', 'q4_k_m'] as const)('random weights of the shape of 2B at %s', (type) => {
  let folder: string;
  let path: string;
  let written: HostMemory;
  let loaded: HostMemory;
  let engine: GpuEngine;
  let theirs: Float32Array[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tama-scale-'));
    path = join(folder, `2b-${type}.gguf`);
    const vocabulary = syntheticVocabulary(config.vocabularySize);
    const checkpoint = syntheticCheckpoint(config, { type, seed: 1, vocabulary });
    const tokenizer = await checkpoint.tokenizer!();
    const writing = await measureHostMemory((sample) =>
      writeNodeFile(path, (sink) => writeGguf(checkpoint, tokenizer, sink, { onProgress: sample })),
    );
    written = writing.memory;
    theirs = await llamaCppLogits(path, prompt);
    const [gpu, source] = [await testGpu(), await nodePath(path)];
    const loading = await measureHostMemory((sample) =>
      loadGemma(source, { gpu, context: 512, embeddingScale: 'exact', onProgress: sample }),
    );
    loaded = loading.memory;
    engine = loading.result;
  });
  afterAll(async () => {
    await engine?.close();
    await rm(folder, { recursive: true });
  });

  it('is written and loaded within 64 MiB of JavaScript memory', async ({ annotate }) => {
    await annotate(`writing: ${describeHostMemory(written)}`);
    await annotate(`loading: ${describeHostMemory(loaded)}`);
    for (const { peakBytes, samples } of [written, loaded]) {
      expect(samples).toBeGreaterThan(300);
      expect(peakBytes).toBeLessThan(hostMemoryLimit);
    }
  });

  it('has the logits of llama.cpp, and its choice wherever that is beyond the noise', async ({ annotate }) => {
    const { positions, nmse } = compareLogits(await engine.logits(prompt, 'all'), theirs);
    const clear = clearPositions(positions);
    const same = (of: typeof positions) => of.filter(({ sameChoice }) => sameChoice).length;
    await annotate(`NMSE ${nmse.toExponential(2)}; the same choice at ${same(positions)} of ${positions.length}`);
    await annotate(`${clear.length} positions beyond the noise, the same choice at ${same(clear)}`);
    expect(nmse).toBeLessThan(1e-2);
    expect(same(clear)).toBe(clear.length);
    expect(clear.length).toBeGreaterThan(24);
  });

  it('generates: prefill and decoding choose as the logits say', async () => {
    let last: GenerateEvent | undefined;
    for await (const event of engine.generate({ tokens: prompt }, { maxTokens: 3, temperature: 0 })) last = event;
    if (last?.type !== 'finish') throw new Error('the generation had no finish event');
    expect(last.ids).toHaveLength(3);
    const text = [...prompt, ...last.ids];
    const wanted = [prompt.length - 1, prompt.length, prompt.length + 1];
    const chosen = (await engine.logits(text, wanted)).map((row) => row.indexOf(row.reduce((a, b) => Math.max(a, b))));
    expect(last.ids).toEqual(chosen);
  });
});
