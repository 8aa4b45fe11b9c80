import { expect, it } from 'vitest';
import { atMost } from '../expectation.ts';
import { MalformedFileError, TruncatedFileError, UnexpectedTensorError } from './checkpoint-errors.ts';
import { tensorField, within, words } from './field.ts';

it('names out of files stay readable in a message, however long and whatever is in them', () => {
  const name = `\u001b[2J\u202e${'x'.repeat(100_000)}`;
  const errors = [
    new UnexpectedTensorError('m', name),
    new MalformedFileError('m', 'GGUF', within(tensorField(name), words.length), name, atMost(3)),
    new TruncatedFileError('m', 'OCDBT', name, 3, 2),
  ];
  for (const { texts } of errors)
    for (const text of [texts.en.what, texts.ja.what]) {
      expect(text).toContain('�');
      expect(text).toMatch(/x…/);
      expect(text).not.toMatch(/\p{C}/u);
      expect(text.length).toBeLessThan(700);
    }
});

it('the place of a fault is named in both languages, and what the format calls it is quoted in Japanese', () => {
  const { texts } = new MalformedFileError('m', 'GGUF', within(tensorField('a.b'), 'data_offsets'), 'x', atMost(3));
  expect(texts.en.what).toBe("'m' is not a valid GGUF file: tensor 'a.b': data_offsets is x, but must be at most 3.");
  expect(texts.ja.what).toBe(
    '「m」は正しいGGUFファイルではありません。テンソル「a.b」の「data_offsets」が「x」ですが、3以下でなければなりません。',
  );
});
