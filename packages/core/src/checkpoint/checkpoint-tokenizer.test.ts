/// <reference types="node" />
import { isTamaError } from '@tama/errors';
import { describe, expect, it } from 'vitest';
import { vocabularyMetadata } from '../convert/gguf-metadata.ts';
import { memoryFolder, memorySource } from '../storage/memory-source.ts';
import { nodeFileSource, nodeFolder, nodePath } from '../storage/node-file-source.ts';
import { fixture, readFixture } from '../testing/fixtures.ts';
import { writeGguf } from '../testing/gguf-writer.ts';
import { miniatureMetadata, miniatureTensors } from '../testing/tiny-model.ts';
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
