import { describe, expect, it } from 'vitest';
import { vocabularyFromHuggingFace } from './hugging-face-vocabulary.ts';
import { readJson } from './testing/fixtures.ts';
import { Tokenizer } from './tokenizer.ts';

type TokenizerJson = {
  model: { vocab: Record<string, unknown>; merges: unknown[] } & Record<string, unknown>;
  added_tokens: Record<string, unknown>[];
} & Record<string, unknown>;
const original = readJson<TokenizerJson>('fixtures/tokenizer/tokenizer.json');
const size = Object.keys(original.model.vocab).length;

/** The miniature tokenizer.json after a change. */
function changed(change: (file: TokenizerJson) => void): string {
  const file = structuredClone(original);
  change(file);
  return JSON.stringify(file);
}
const reading = (file: string | Uint8Array) => () => vocabularyFromHuggingFace(file);

describe('vocabularyFromHuggingFace', () => {
  const text = 'Hello  world, こんにちは\n\n<end_of_turn>\ttokenizer';
  const ids = new Tokenizer(vocabularyFromHuggingFace(JSON.stringify(original))).encode(text);

  it.each([
    [
      'merges as strings',
      changed(({ model }) => (model.merges = model.merges.map((pair) => (pair as string[]).join(' ')))),
    ],
    ['merges as pairs', changed(({ model }) => (model.merges = [...model.merges]))],
    ['no split before merging', changed((file) => (file.pre_tokenizer = null))],
    [
      'the byte of TAB by its own name',
      changed(({ model: { vocab } }) => {
        vocab['<0x09>'] = vocab['\t'];
        delete vocab['\t'];
      }),
    ],
    ['added tokens that the vocabulary does not repeat', changed(({ model: { vocab } }) => delete vocab['<unused99>'])],
  ])('reads %s', (_, file) => {
    const vocabulary = vocabularyFromHuggingFace(new TextEncoder().encode(file));
    expect(new Tokenizer(vocabulary).encode(text)).toEqual(ids);
    expect(vocabulary.pieces[226]).toBe('<0x09>');
  });

  it('takes names that objects inherit for tokens like any other', () => {
    const file = JSON.stringify(original).replace(
      '"vocab":{',
      `"vocab":{"__proto__":${size},"constructor":${size + 1},"toString":${size + 2},`,
    );
    const { pieces } = vocabularyFromHuggingFace(file);
    expect(pieces.slice(size)).toEqual(['__proto__', 'constructor', 'toString']);
    expect(new Tokenizer(vocabularyFromHuggingFace(file)).encode(text)).toEqual(ids);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it.each([
    ['another model', changed(({ model }) => (model.type = 'Unigram')), 'model.type'],
    ['no byte fallback', changed(({ model }) => (model.byte_fallback = false)), 'model.byte_fallback'],
    ['merges that are ignored', changed(({ model }) => (model.ignore_merges = true)), 'model.ignore_merges'],
    ['a suffix of words', changed(({ model }) => (model.end_of_word_suffix = '</w>')), 'model.end_of_word_suffix'],
    ['no normaliser', changed((file) => (file.normalizer = null)), 'normalizer'],
    ['a prefixed space', changed((file) => (file.normalizer = { type: 'Prepend', prepend: '▁' })), 'normalizer'],
    ['a byte-level split', changed((file) => (file.pre_tokenizer = { type: 'ByteLevel' })), 'pre_tokenizer'],
    [
      'a split by pattern',
      changed((file) => (file.pre_tokenizer = { type: 'Split', pattern: { Regex: '\\s' } })),
      'pre_tokenizer',
    ],
  ])('refuses %s', (_, file, setting) => {
    expect(reading(file)).toThrow(
      expect.objectContaining({ code: 'vocabulary-unsupported', details: expect.objectContaining({ setting }) }),
    );
  });

  it.each([
    ['nothing', '', 'not JSON'],
    ['a cut file', JSON.stringify(original).slice(0, 5000), 'not JSON'],
    ['a page of HTML', '<!doctype html><title>404</title>', 'not JSON'],
    ['bytes that are not UTF-8', Uint8Array.of(0x7b, 0xff), 'not JSON'],
    ['ten thousand brackets', '['.repeat(10_000), 'not JSON'],
    ['a list', '[]', 'not an object'],
    ['no model', '{}', 'model is not an object'],
    [
      'a vocabulary that is a list',
      changed(({ model }) => (model.vocab = [] as never)),
      'model.vocab is not an object',
    ],
    ['no merges', changed(({ model }) => (model.merges = null as never)), 'model.merges is not a list'],
    ['a merge of three', changed(({ model }) => (model.merges[7] = 'a b c')), 'model.merges[7]'],
    ['a merge that is a number', changed(({ model }) => (model.merges[7] = 3)), 'model.merges[7]'],
    ['a merge that makes no token', changed(({ model }) => (model.merges[7] = ['qqq', 'zzz'])), 'model.merges[7]'],
    ['an id beyond the end', changed(({ model }) => (model.vocab.the = 4e9)), '4000000000'],
    ['an id that is a text', changed(({ model }) => (model.vocab.the = '7')), '"the"'],
    ['an id given twice', changed(({ model }) => (model.vocab.the = 5)), 'each once'],
    ['an added token elsewhere', changed(({ added_tokens: [, second] }) => (second!.id = 700)), 'each once'],
    [
      'an added token without a text',
      changed(({ added_tokens: [, second] }) => (second!.content = 5)),
      'added_tokens[1]',
    ],
    [
      'no <bos>',
      changed((file) => {
        file.model.vocab['<BOS>'] = 2;
        delete file.model.vocab['<bos>'];
        file.added_tokens = [];
      }),
      'no <bos>',
    ],
    ['half a surrogate pair', changed(({ model }) => (model.vocab['\ud800'] = size)), 'surrogate'],
    [
      'a missing byte',
      changed(({ model: { vocab } }) => {
        vocab['<0xGG>'] = vocab['<0x41>'];
        delete vocab['<0x41>'];
      }),
      '<0x41> is missing',
    ],
  ])('refuses %s', (_, file, reason) => {
    expect(reading(file)).toThrow(
      expect.objectContaining({ code: 'vocabulary-malformed', message: expect.stringContaining(reason) }),
    );
  });
});
