import { weightFormats } from '@tama/kernels-wgsl';
import { Tokenizer } from '@tama/tokenizer';
import { describe, expect, it } from 'vitest';
import { rowCount, rowWidth } from '../checkpoint/checkpoint.ts';
import { completeTensorSet } from '../checkpoint/tensor-set.ts';
import { verifyCheckpoint } from '../checkpoint/verify.ts';
import { forward } from '../gemma2/forward.ts';
import { configOf, publishedSizes } from '../gemma2/published-sizes.ts';
import { ReferenceOps, referenceLoader } from '../gemma2/reference-ops.ts';
import { loadWeights } from '../gemma2/weights.ts';
import { syntheticCheckpoint } from './synthetic-checkpoint.ts';
import { syntheticVocabulary } from './synthetic-vocabulary.ts';

const config = configOf(
  { layers: 8, hiddenSize: 256, heads: 4, kvHeads: 2, headDim: 64, intermediateSize: 512 },
  { vocabularySize: 1024 },
);

describe('a synthetic checkpoint', () => {
  it.each(['f32', 'bf16', 'q8_0', 'q5_1', 'q4_0', 'q5_k_m', 'q4_k_s'] as const)(
    '%s: has the tensors of a Gemma 2, finite and of the wanted deviation',
    async (type) => {
      const shallow = { ...config, layers: 2 };
      const checkpoint = syntheticCheckpoint(shallow, { type, seed: 1 });
      completeTensorSet('synthetic', shallow, checkpoint.tensors);
      await verifyCheckpoint(checkpoint);
      const tensor = checkpoint.tensors.get('model.layers.1.mlp.down_proj.weight')!;
      const count = rowCount(tensor) * rowWidth(tensor);
      const values = weightFormats[tensor.encoding].dequantize(await tensor.readRows(0, rowCount(tensor)), count);
      const mean = values.reduce((sum, w) => sum + w, 0) / count;
      const deviation = Math.sqrt(values.reduce((sum, w) => sum + w * w, 0) / count);
      expect(Math.abs(mean)).toBeLessThan(0.02 / Math.sqrt(512));
      expect(deviation * Math.sqrt(512)).toBeGreaterThan(0.97);
      expect(deviation * Math.sqrt(512)).toBeLessThan(1.03);
    },
  );

  it('is the same in any order of reading, and another for another seed', async () => {
    const read = async (seed: number, first: number, count: number) => {
      const { tensors } = syntheticCheckpoint(config, { type: 'q4_k_m', seed });
      return tensors.get('model.embed_tokens.weight')!.readRows(first, count);
    };
    const all = await read(1, 0, 20);
    const rowBytes = all.length / 20;
    expect(await read(1, 7, 3)).toEqual(all.subarray(7 * rowBytes, 10 * rowBytes));
    expect(await read(2, 7, 3)).not.toEqual(await read(1, 7, 3));
  });

  it('computes something: finite logits, spread like those of a real model, that depend on the context', async () => {
    const checkpoint = syntheticCheckpoint(config, { type: 'q8_0', seed: 1 });
    const weights = await loadWeights(checkpoint, referenceLoader);
    const tokens = Array.from({ length: 24 }, (_, i) => (i * 401) % 1024);
    tokens[23] = tokens[5]!;
    const ops = new ReferenceOps(config);
    ops.step(tokens, 0);
    const { data, width } = forward(ops, weights, config, 'all')!;
    const rows = tokens.map((_, row) => data.subarray(row * width, (row + 1) * width));
    const deviation = Math.sqrt(data.reduce((sum, logit) => sum + logit * logit, 0) / data.length);
    expect(deviation).toBeGreaterThan(2);
    expect(deviation).toBeLessThan(6);
    const chosen = rows.map((row) => row.indexOf(Math.max(...row)));
    expect(new Set(chosen).size).toBeGreaterThan(18);
    expect(chosen.filter((id, i) => id === tokens[i]).length).toBeLessThan(3);
    expect(rows[23]).not.toEqual(rows[5]);
  });

  it('knows the published shapes', () => {
    const parameters = (size: keyof typeof publishedSizes) =>
      [...syntheticCheckpoint(publishedSizes[size], { type: 'bf16', seed: 1 }).tensors.values()].reduce(
        (sum, tensor) => sum + rowCount(tensor) * rowWidth(tensor),
        0,
      );
    expect([parameters('2b'), parameters('9b'), parameters('27b')]).toEqual([
      2_614_341_888, 9_241_705_984, 27_227_128_320,
    ]);
    expect(publishedSizes['27b'].queryScale).toBe(144 ** -0.5);
    expect(publishedSizes['9b'].queryScale).toBe(256 ** -0.5);
  });
});

describe('a synthetic vocabulary', () => {
  it.each([1024, 5000, 256_000])('of %i pieces has the special pieces of Gemma at their ids', (size) => {
    const { pieces, kinds, scores, special } = syntheticVocabulary(size);
    expect(pieces).toHaveLength(size);
    expect(new Set(pieces).size).toBe(size);
    expect(special).toEqual({ pad: 0, eos: 1, bos: 2, unk: 3, startOfTurn: 106, endOfTurn: 107 });
    const at = { 4: '<mask>', 7: '<unused0>', 108: '\n', 138: '\n'.repeat(31), 139: '▁▁', 168: '▁'.repeat(31) };
    for (const [id, piece] of Object.entries(at)) expect(pieces[Number(id)]).toBe(piece);
    expect([169, 177, 185, 191, 192, 198, 199, 204, 216, 217, 472].map((id) => pieces[id])).toEqual([
      ...['<table>', '</table>', '<h1>', '<blockquote>', '</h1>', '</blockquote>', '<strong>', '<s>', '</code>'],
      ...['<0x00>', '<0xFF>'],
    ]);
    expect(pieces.slice(size - 32, size - 29)).toEqual(['[toxicity=0]', '\t\t', '\t\t\t']);
    expect(pieces.at(-1)).toBe('<unused99>');
    expect([...scores.slice(472, 475)]).toEqual([0, 0, -1]);
    expect(kinds.filter((kind) => kind === 6)).toHaveLength(256);
    expect(kinds.filter((kind) => kind === 4)).toHaveLength(245);
  });

  it('encodes and decodes any text', () => {
    const tokenizer = new Tokenizer(syntheticVocabulary(20_000));
    for (const text of ['The weather is fine today.', '今日はいい天気ですね。', 'a\tb\n\n  c 🦙 <s>', '']) {
      const ids = tokenizer.encode(text);
      expect(tokenizer.decode(ids)).toBe(text);
      expect(ids.length).toBeLessThanOrEqual(new TextEncoder().encode(text).length);
    }
    expect(tokenizer.encode('the weather').length).toBeLessThan('the weather'.length);
  });
});
