/// <reference types="node" />
import { isTamaError } from '@tama/errors';
import { describe, expect, it } from 'vitest';
import { vocabularyMetadata } from '../convert/gguf-metadata.ts';
import { memoryFolder, memorySource } from '../storage/memory-source.ts';
import { nodeFileSource, nodeFolder, nodePath } from '../storage/node-file-source.ts';
import { fixture, readFixture, readFixtureJson } from '../testing/fixtures.ts';
import { writeGguf } from '../testing/gguf-writer.ts';
import {
  miniature,
  miniatureConfigJson,
  miniatureMetadata,
  miniatureSafetensors,
  miniatureTensors,
  writeSafetensors,
} from '../testing/tiny-model.ts';
import { readGgufTokenizer } from './gguf/gguf-tokenizer.ts';
import { openCheckpoint } from './open-checkpoint.ts';

const text = 'Hello, こんにちは <start_of_turn>user\n  12 tabs\t\tand 🦙';

async function idsFrom(path: string): Promise<number[]> {
  const checkpoint = await openCheckpoint(await nodePath(fixture(path)));
  try {
    return (await checkpoint.tokenizer!()).encode(text);
  } finally {
    await checkpoint.close();
  }
}

describe('the vocabulary beside the weights', () => {
  it('is the same from GGUF, tokenizer.model and tokenizer.json', async () => {
    const ids = await idsFrom('small/hf');
    expect(ids.length).toBeGreaterThan(10);
    expect(await idsFrom('small/gguf/small-q4_0.gguf')).toEqual(ids);
    expect(await idsFrom('small/gguf/small-q4_k_m-split-00003-of-00003.gguf')).toEqual(ids);
    const names = ['config.json', 'model.safetensors', 'tokenizer.json'];
    const files = new Map(names.map((name) => [name, readFixture(`small/hf/${name}`)]));
    const { tokenizer } = await openCheckpoint(memoryFolder('hf', files));
    expect((await tokenizer!()).encode(text)).toEqual(ids);
  });

  it('may come in a GGUF file of its own', async () => {
    const checkpoint = await openCheckpoint(await nodePath(fixture('small/hf')));
    const { vocabulary } = await checkpoint.tokenizer!();
    await checkpoint.close();
    const alone = memorySource('vocab.gguf', writeGguf({ metadata: vocabularyMetadata(vocabulary) }));
    expect((await readGgufTokenizer(alone))!.encode(text)).toEqual(await idsFrom('small/hf'));
    // Of a model in parts, the first has it.
    const part = (index: number) => fixture(`small/gguf/small-q4_k_m-split-0000${index}-of-00003.gguf`);
    const first = await nodeFileSource(part(1));
    expect((await readGgufTokenizer(first))!.encode(text)).toEqual(await idsFrom('small/hf'));
    const last = await nodeFileSource(part(3));
    expect(await readGgufTokenizer(last)).toBeUndefined();
    await Promise.all([first.close?.(), last.close?.()]);
  });

  // tokenizer.model keeps its 1,280 pieces when a fine-tune adds tokens.
  it.each([
    ['with the tokens that a fine-tune has added', 1344, 'json', [1281]],
    ['without those that the model has no rows for', 1281, 'json', undefined],
    ['as it is where no other file knows more', 1344, 'none', undefined],
    ['as it is where the other file is of no use', 1344, 'broken', undefined],
  ])('is read %s', async (_, vocabularySize, kind, added) => {
    const { header, data } = miniatureSafetensors({ ...miniature, vocabularySize });
    const json = readFixtureJson<{ added_tokens: object[] }>('small/hf/tokenizer.json');
    const more = ['<|im_start|>', '<|im_end|>'].map((content, i) => ({ id: 1280 + i, content, special: true }));
    const grown = { ...json, added_tokens: [...json.added_tokens, ...more] };
    const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
    const files = new Map([
      ['config.json', encode(miniatureConfigJson)],
      ['model.safetensors', writeSafetensors(header, data)],
      ['tokenizer.model', readFixture('small/hf/tokenizer.model')],
    ]);
    if (kind !== 'none') files.set('tokenizer.json', encode(kind === 'broken' ? {} : grown));
    const checkpoint = await openCheckpoint(memoryFolder('fine-tune', files));
    const tokenizer = await checkpoint.tokenizer!();
    expect(tokenizer.encode(text)).toEqual(await idsFrom('small/hf'));
    const ids = tokenizer.encode('<|im_end|>');
    if (added) expect(ids).toEqual(added);
    else expect(Math.max(...ids)).toBeLessThan(1280);
    expect(tokenizer.decode(ids)).toBe('<|im_end|>');
  });

  it('may be absent', async () => {
    expect((await openCheckpoint(nodeFolder(fixture('tiny/hf')))).tokenizer).toBeUndefined();
  });

  it.each([
    ['vocabulary-unsupported', [{ key: 'tokenizer.ggml.model', type: 8, value: 'gpt2' }]],
    ['checkpoint-malformed', [{ key: 'tokenizer.ggml.bos_token_id', type: 8, value: 'two' }]],
    ['checkpoint-malformed', [{ key: 'tokenizer.ggml.scores', type: 9, element: 8, value: ['a'] }]],
    ['vocabulary-malformed', [{ key: 'tokenizer.ggml.scores', type: 9, element: 6, value: [1, 2, 3] }]],
  ])('is refused, when it is asked for, with %s', async (code, entries) => {
    const tokens = { key: 'tokenizer.ggml.tokens', type: 9, element: 8, value: ['<pad>', '<eos>'] };
    const file = writeGguf({ metadata: [...miniatureMetadata, tokens, ...entries], tensors: miniatureTensors });
    const checkpoint = await openCheckpoint(memorySource('m.gguf', file));
    await expect(checkpoint.tokenizer!()).rejects.toSatisfy((error) => isTamaError(error, code));
  });
});
