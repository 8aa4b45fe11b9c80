import { describe, expect, it } from 'vitest';
import { readReference, repositoryPage } from './reference.ts';

const hub = 'https://huggingface.co';

describe('what a person pastes', () => {
  it.each([
    ['hf:google/gemma-2-2b-it', 'hf:google/gemma-2-2b-it'],
    ['  hf:o/r/m Q4.gguf@v1 ', 'hf:o/r/m Q4.gguf@v1'],
    ['google/gemma-2-2b-jpn-it', 'hf:google/gemma-2-2b-jpn-it'],
    ['o/r/sub/m.gguf@refs/pr/1', 'hf:o/r/sub/m.gguf@refs/pr/1'],
    ['https://huggingface.co/google/gemma-2-2b-it', 'hf:google/gemma-2-2b-it'],
    ['https://huggingface.co/o/r/blob/main/m%20Q4.gguf', 'hf:o/r/m Q4.gguf'],
    ['https://huggingface.co/o/r/resolve/v1/a/m.gguf?download=true', 'hf:o/r/a/m.gguf@v1'],
    ['https://huggingface.co/o/r/tree/main/a', 'hf:o/r/a/'],
    ['https://huggingface.co/o/r/discussions/3', 'https://huggingface.co/o/r/discussions/3'],
    ['https://example.com/o/r/blob/main/m.gguf', 'https://example.com/o/r/blob/main/m.gguf'],
    ['https://huggingface.co/o/r/blob/main/100%.gguf', 'hf:o/r/100%.gguf'],
    ['http://localhost:8000/m.gguf', 'http://localhost:8000/m.gguf'],
    ['ｈｆ：ｇｏｏｇｌｅ／ｇｅｍｍａ－２－２ｂ－ｉｔ　', 'hf:google/gemma-2-2b-it'],
    ['hf:o/r/モデル（１）.gguf', 'hf:o/r/モデル（１）.gguf'],
    ['gemma', undefined],
    ['nonsense here', undefined],
    ['https://', undefined],
    ['file:///etc/passwd', undefined],
    ['', undefined],
  ])('%j is %j', (text, reference) => {
    expect(readReference(text, hub)).toBe(reference);
  });

  it('is read by the hub that is set', () => {
    expect(readReference('http://mirror.test:81/o/r', 'http://mirror.test:81/')).toBe('hf:o/r');
    expect(readReference('https://huggingface.co/o/r', 'not an address')).toBe('https://huggingface.co/o/r');
  });
});

it('leads to the page where a licence is accepted', () => {
  expect(repositoryPage('hf:o/r/m.gguf@v1', `${hub}/`)).toBe('https://huggingface.co/o/r');
  expect(repositoryPage('https://example.com/m.gguf', hub)).toBeUndefined();
});
