import { describe, expect, it } from 'vitest';
import { vocabularyFromSentencePiece } from './sentencepiece-model.ts';
import { readJson } from './testing/fixtures.ts';
import { leadingPieces, modelProto, type PieceRow } from './testing/model-proto-writer.ts';
import { Tokenizer } from './tokenizer.ts';

type RandomModel = {
  readonly pieces: readonly PieceRow[];
  readonly encode: readonly (readonly [text: string, ids: number[]])[];
  readonly decode: readonly (readonly [ids: number[], text: string])[];
};
const { models } = readJson<{ models: RandomModel[] }>('packages/tokenizer/fixtures/random-models.json');

// Made by scripts/make_random_models.py: equal scores in every second model, unused pieces in half of them.
describe.each(models.map((model, seed) => ({ ...model, seed })))('random model $seed', ({ pieces, encode, decode }) => {
  const file = modelProto({ pieces: [...leadingPieces, ...pieces] });
  const tokenizer = new Tokenizer(vocabularyFromSentencePiece(file));

  it('encodes as SentencePiece does', () => {
    for (const [text, ids] of encode) expect(tokenizer.encode(text), text).toEqual(ids);
  });

  it('decodes as SentencePiece does', () => {
    for (const [ids, text] of decode) expect(tokenizer.decode(ids), ids.join()).toBe(text);
  });
});
