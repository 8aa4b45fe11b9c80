import { nmse } from '@tama/kernels-wgsl/testing';
import { describe, expect, it } from 'vitest';
import type { LoadOptions } from '../engine.ts';
import { loadGemma } from '../load-gemma.ts';
import type { ByteFolder, ByteSource } from '../storage/byte-source.ts';
import { memoryFolder, memorySource } from '../storage/memory-source.ts';
import { nodePath } from '../storage/node-file-source.ts';
import { fixture, readFixture, smallFloatGguf } from '../testing/fixtures.ts';
import { folderFiles } from '../testing/folder-files.ts';
import { goldenModels, maxDifference, repositoryPath } from '../testing/goldens.ts';
import { testGpu } from '../testing/load.ts';
import { loadedWeights } from './quantised-tensors.ts';

const golden = (name: string) => goldenModels.find((model) => model.name === name)!;

async function logits(source: ByteSource | ByteFolder, tokens: readonly number[], options: LoadOptions) {
  const engine = await loadGemma(source, {
    gpu: await testGpu(),
    device: 'f32',
    prefillChunk: 32,
    embeddingScale: 'exact',
    ...options,
  });
  try {
    return await engine.logits(tokens, 'all');
  } finally {
    await engine.close();
  }
}

/** PyTorch and Orbax bring no configuration: that of the model, put beside the weights. */
const withConfig = (path: string): ByteFolder =>
  memoryFolder(
    path,
    new Map([
      ...Object.entries(folderFiles(fixture(path))).map(([name, bytes]) => [name, new Uint8Array(bytes)] as const),
      ['config.json', readFixture('tiny/hf/config.json')],
    ]),
  );

const formats: readonly (readonly [string, () => Promise<ByteSource | ByteFolder>])[] = [
  ...['gguf/tiny-f32.gguf', 'gguf/tiny-f16.gguf', 'gguf/tiny-bf16.gguf'].map(
    (path) => [path, () => nodePath(fixture(`tiny/${path}`))] as const,
  ),
  ...[
    'keras',
    'keras_sharded',
    'pytorch',
    'orbax_zarr2',
    'orbax_ocdbt',
    'orbax_ocdbt_transposed_gating',
    'orbax_ocdbt_zarr3',
    'orbax_zarr3',
  ].map((path) => [path, async () => withConfig(`tiny/${path}`)] as const),
];

describe.each(loadedWeights)('tiny, quantised to %s while it is loaded', (weights) => {
  const { tokens } = golden('tiny/hf');
  const fromSafetensors = (async () => logits(await nodePath(fixture('tiny/hf')), tokens, { weights }))();

  it.each(formats)('is the same model from %s', async (_, open) => {
    expect(maxDifference(await logits(await open(), tokens, { weights }), await fromSafetensors)).toBe(0);
  });
});

it('is the model that a file of that encoding holds', async () => {
  const { tokens } = golden('small/hf');
  const file = await logits(await nodePath(fixture('small/gguf/small-q8_0.gguf')), tokens, {});
  const loaded = await logits(memorySource('small.gguf', smallFloatGguf('f16')), tokens, { weights: 'q8' });
  expect(maxDifference(loaded, file)).toBe(0);
});

describe('the demo model', () => {
  // The embedding is the head: of 8192 tokens, the likeliest after each of these.
  const prompt = 'I like green tea.';

  it('keeps its logits within what each kind of weights costs', async () => {
    const source = () => nodePath(repositoryPath('models/demo/checkpoint'));
    const engine = await loadGemma(await source(), { gpu: await testGpu(), context: 64, device: 'f32' });
    const tokens = await engine.tokenize({ messages: [{ role: 'user', content: prompt }] });
    const stored = await engine.logits(tokens, 'all');
    const { weightBytes } = engine.info;
    await engine.close();
    const likeliest = (rows: readonly Float32Array[]) => rows.map((row) => row.indexOf(Math.max(...row)));
    for (const [weights, bits, worst] of [
      ['q8', 8.5, 2e-4],
      ['q4', (4.5 * 4_718_592 + 6.5625 * 2_097_152) / 6_815_744, 1.5e-2],
    ] as const) {
      const quantised = await loadGemma(await source(), { gpu: await testGpu(), context: 64, device: 'f32', weights });
      const found = await quantised.logits(tokens, 'all');
      expect(quantised.info.weightBytes / weightBytes).toBeCloseTo(bits / 16, 2);
      await quantised.close();
      const flat = (rows: readonly Float32Array[]) => rows.flatMap((row) => Array.from(row));
      const error = nmse(flat(found), flat(stored));
      expect(error).toBeGreaterThan(worst / 100);
      expect(error).toBeLessThan(worst);
      expect(likeliest(found).at(-1)).toBe(likeliest(stored).at(-1));
    }
  });
});
