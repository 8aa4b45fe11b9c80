import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeChat, Tokenizer } from '@tama/tokenizer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import { forward } from '../gemma2/forward.ts';
import { configOf } from '../gemma2/published-sizes.ts';
import { ReferenceOps, referenceLoader } from '../gemma2/reference-ops.ts';
import { loadWeights } from '../gemma2/weights.ts';
import { writeNodeFile } from '../storage/node-file-sink.ts';
import { nodePath } from '../storage/node-file-source.ts';
import { syntheticCheckpoint } from '../synth/synthetic-checkpoint.ts';
import { syntheticVocabulary } from '../synth/synthetic-vocabulary.ts';
import { fixture, readFixtureJson } from '../testing/fixtures.ts';
import { repositoryPath } from '../testing/goldens.ts';
import { openLlamaCpp } from '../testing/llama-cpp.ts';
import type { WeightType } from './weight-types.ts';
import { writeGguf } from './write-gguf.ts';

// llama.cpp reads the files that we write: it rounds activations to 8 bits, so only clear choices must be the same.

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tama-llama-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Writes a checkpoint as it is or as another type. */
async function write(checkpoint: Checkpoint, name: string, type?: WeightType): Promise<string> {
  const path = join(folder, `${name}.gguf`);
  const tokenizer = await checkpoint.tokenizer?.();
  await writeNodeFile(path, (sink) => writeGguf(checkpoint, tokenizer, sink, type ? { type } : {}));
  await checkpoint.close();
  return path;
}

const convert = async (model: string, type: WeightType): Promise<string> =>
  write(await openCheckpoint(await nodePath(model)), type, type);

/** Our f64 logits after every token. */
async function referenceLogits(path: string, tokens: readonly number[]): Promise<Float64Array[]> {
  const checkpoint = await openCheckpoint(await nodePath(path));
  const weights = await loadWeights(checkpoint, referenceLoader);
  const ops = new ReferenceOps(checkpoint.config, { embeddingScale: 'exact' });
  ops.step(tokens, 0);
  const { data, width } = forward(ops, weights, checkpoint.config, 'all')!;
  await checkpoint.close();
  return tokens.map((_, row) => data.subarray(row * width, (row + 1) * width));
}

/** Compares at least `least` positions. `clearGap`: a gap between the best and the second logit that 8-bit activations do not turn round on this model. */
async function expectSameChoices(path: string, tokens: readonly number[], clearGap: number, least: number) {
  const [llama, logits] = [await openLlamaCpp(path, 128), await referenceLogits(path, tokens)];
  const theirs = await llama.nextIds(tokens);
  await llama.close();
  let clear = 0;
  logits.forEach((row, position) => {
    const [best, second] = [...row.keys()].toSorted((a, b) => row[b]! - row[a]!) as [number, number];
    if (row[best]! - row[second]! < clearGap) return;
    clear++;
    expect({ position, id: theirs[position] }).toEqual({ position, id: best });
  });
  expect(clear).toBeGreaterThanOrEqual(least);
}

it.each(['q8_0', 'q4_k_m'] as const)('the demo model as %s: llama.cpp chooses the same tokens', async (type) => {
  const path = await convert(repositoryPath('models/demo/checkpoint'), type);
  const source = await openCheckpoint(await nodePath(path));
  const tokenizer = await source.tokenizer!();
  await source.close();
  const messages = [
    { role: 'user', content: 'I like green tea.' },
    { role: 'assistant', content: '私は緑茶が好きです。' },
    { role: 'user', content: '彼は毎朝六時に起きます。' },
  ] as const;
  const tokens = [...encodeChat(tokenizer, messages), ...tokenizer.encode('He gets up at six every morning.')];
  await expectSameChoices(path, tokens, 1, 20);
});

it('a synthetic model: llama.cpp loads it, vocabulary included, and chooses the same tokens', async () => {
  const vocabulary = syntheticVocabulary(1024);
  const shape = { layers: 3, hiddenSize: 256, heads: 4, kvHeads: 2, headDim: 64, intermediateSize: 512 };
  const checkpoint = syntheticCheckpoint(configOf(shape, { vocabularySize: 1024 }), {
    type: 'q4_k_m',
    seed: 1,
    vocabulary,
  });
  const path = await write(checkpoint, 'synthetic');
  const tokens = new Tokenizer(vocabulary).encode('the weather in Kyoto is fine: こんにちは、きょうはいいてんきです', {
    bos: true,
  });
  await expectSameChoices(path, tokens, 0.3, 6);
});

it('llama.cpp splits text as the vocabulary that we wrote says', async () => {
  const path = await convert(fixture('small/hf'), 'q4_k_m');
  const llama = await openLlamaCpp(path, 64);
  const { encode } = readFixtureJson<{ encode: { text: string; ids: number[] }[] }>('tokenizer/golden.json');
  // It takes these names in a text for the pieces, which SentencePiece does not.
  const texts = encode.map(({ text }) => text).filter((text) => !/<(bos|eos|pad|unk)>/.test(text));
  const small = await openCheckpoint(await nodePath(fixture('small/hf')));
  const tokenizer = await small.tokenizer!();
  await small.close();
  expect(texts.length).toBeGreaterThan(300);
  for (const text of texts) expect(llama.tokenize(text), JSON.stringify(text)).toEqual(tokenizer.encode(text));
  await llama.close();
});
