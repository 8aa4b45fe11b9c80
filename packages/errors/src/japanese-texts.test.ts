/// <reference types="node" />
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { englishWords } from './testing/english-words.ts';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const japanese = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;

/** The sources in which errors are defined or put together. The interface has texts of its own, with examples in them. */
const sources = ['core', 'errors', 'kernels-wgsl', 'tokenizer', 'cli', 'chat-ui'].flatMap((name) =>
  readdirSync(`${repository}packages/${name}/src`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/\.test\.ts$|\.wgsl\.ts$|(^|[\\/])testing[\\/]/.test(path))
    .filter((path) => !['cli', 'chat-ui'].includes(name) || /errors\.ts$/.test(path))
    .map((path) => `packages/${name}/src/${path.replaceAll('\\', '/')}`),
);

/** The literals of a line that are Japanese, without what is inserted into them. */
function japaneseLiterals(line: string): readonly string[] {
  let text = line;
  for (let before = ''; before !== text; ) {
    before = text;
    text = text.replace(/\$\{[^{}]*\}/g, '');
  }
  return (text.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`/g) ?? []).filter((literal) => japanese.test(literal));
}

it('finds the words of a text that are not Japanese', () => {
  expect(englishWords('「m.gguf」の number of keys が 3 です。')).toEqual(['number', 'of', 'keys']);
  expect(englishWords('GGUFのtokenizer.ggml.tokensが「not a list」です。次はhf:OWNER/REPOです。')).toEqual([]);
});

it('errors say in Japanese what they say in English, but for names', () => {
  const found = sources.flatMap((path) =>
    readFileSync(repository + path, 'utf8')
      .split('\n')
      .flatMap((line) => japaneseLiterals(line))
      .map((text) => ({ path, text, words: englishWords(text.slice(1, -1)) })),
  );
  expect(found.length).toBeGreaterThan(300);
  expect(found.filter(({ words }) => words.length > 0)).toEqual([]);
});
