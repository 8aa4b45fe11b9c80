/// <reference types="node" />

import { readFile } from 'node:fs/promises';
import { memorySource } from '@tama/core';
import { nodePath } from '@tama/core/node';
import { describe, expect, it } from 'vitest';
import { repositoryPath } from '../testing/spawn-tama.ts';
import { fileTokenizer } from './file-tokenizer.ts';

const { signal } = new AbortController();

/** A source that tells how often it was closed. */
function watched(bytes: Uint8Array<ArrayBuffer>) {
  const state = { closed: 0 };
  return { source: { ...memorySource('vocab.gguf', bytes), close: async () => void state.closed++ }, state };
}

/** The demo model's file, its tensors cut off and its count of them set to 0: what remains is the vocabulary. */
async function vocabularyAlone(): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await readFile(repositoryPath('models/demo/tama-demo-Q8_0.gguf')));
  new DataView(bytes.buffer).setBigUint64(8, 0n, true);
  return bytes.slice(0, 1_000_000);
}

describe('fileTokenizer', () => {
  it('reads a GGUF file that holds nothing but a vocabulary, and closes it', async () => {
    const { source, state } = watched(await vocabularyAlone());
    const tokenizer = await fileTokenizer(source, signal);
    const demo = await fileTokenizer(await nodePath(repositoryPath('models/demo/tama-demo-Q8_0.gguf')), signal);
    expect(tokenizer.encode('I like green tea. 緑茶')).toEqual(demo.encode('I like green tea. 緑茶'));
    expect(state.closed).toBe(1);
  });

  it('finds the vocabulary of a model in parts from any of them', async () => {
    const part = (index: number) => repositoryPath(`fixtures/small/gguf/small-q4_k_m-split-0000${index}-of-00003.gguf`);
    const [first, last] = await Promise.all([1, 3].map(async (i) => fileTokenizer(await nodePath(part(i)), signal)));
    expect(last!.encode('Hello')).toEqual(first!.encode('Hello'));
  });

  it('closes what it refuses', async () => {
    const { source, state } = watched((await vocabularyAlone()).slice(0, 100));
    await expect(fileTokenizer(source, signal)).rejects.toMatchObject({ code: 'checkpoint-truncated' });
    expect(state.closed).toBe(1);
  });
});
