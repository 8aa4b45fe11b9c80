import { describe, expect, it } from 'vitest';
import { type GgufVocabulary, vocabularyFromGguf } from './gguf-vocabulary.ts';
import { leadingPieces } from './testing/model-proto-writer.ts';
import { Tokenizer } from './tokenizer.ts';
import { PieceKind } from './vocabulary.ts';

const rows = [
  ...leadingPieces,
  ['<start_of_turn>', 0, PieceKind.control],
  ['<end_of_turn>', 0, PieceKind.normal],
  ['<mask>', 0, PieceKind.control],
  ['  ', -1000, PieceKind.userDefined],
  ['a', -3, PieceKind.normal],
  ['b', -4, PieceKind.normal],
  ['ab', -2, PieceKind.normal],
  ['ba', -1, PieceKind.normal],
  ['▁', -5, PieceKind.normal],
] as const;
const parts: GgufVocabulary = {
  tokens: rows.map(([text]) => text),
  scores: rows.map(([, score]) => score),
  tokenTypes: rows.map(([, , kind]) => kind),
};
const id = (text: string) => parts.tokens.indexOf(text);

describe('vocabularyFromGguf, for a vocabulary that is not laid out as Gemma’s', () => {
  it('merges by score, not by id', () => {
    const tokenizer = new Tokenizer(vocabularyFromGguf(parts));
    expect(tokenizer.encode('aba')).toEqual([id('a'), id('ba')]);
  });

  it('matches markers whatever their type, and spaces for ▁', () => {
    const tokenizer = new Tokenizer(vocabularyFromGguf(parts));
    expect(tokenizer.encode('<mask><start_of_turn>a<end_of_turn>   ')).toEqual(
      ['<mask>', '<start_of_turn>', 'a', '<end_of_turn>', '  ', '▁'].map(id),
    );
    expect(tokenizer.decode([id('  ')])).toBe('  ');
    expect(tokenizer.stopIds).toEqual([1, id('<end_of_turn>')]);
  });

  it('knows bytes by name where there are no types', () => {
    const { tokenTypes: _, ...untyped } = parts;
    expect(new Tokenizer(vocabularyFromGguf(untyped)).encode('é')).toEqual([4 + 0xc3, 4 + 0xa9]);
  });

  it('prefers ids in the metadata to names', () => {
    const renamed = { ...parts, tokens: parts.tokens.with(2, '<s>').with(id('<end_of_turn>'), '<|end|>') };
    const { special } = vocabularyFromGguf({ ...renamed, bosId: 2, eosId: 1, unknownId: 3, padId: 0, eotId: 261 });
    expect(special).toEqual({ bos: 2, eos: 1, unk: 3, pad: 0, startOfTurn: 260, endOfTurn: 261 });
  });

  it.each([
    ['too few scores', { ...parts, scores: [0] }, 'scores has 1 values for 269 tokens'],
    ['too many types', { ...parts, tokenTypes: new Array(270).fill(1) }, 'token_type has 270'],
    ['no tokens', { tokens: [], bosId: 0, eosId: 0, unknownId: 0 }, '0 pieces'],
    ['a bos out of range', { ...parts, bosId: 4294967295 }, 'bos has the id 4294967295'],
    ['an id that is no integer', { ...parts, padId: 0.5 }, 'pad has the id 0.5'],
    ['no <unk>', { ...parts, tokens: parts.tokens.with(3, '<what>') }, 'no <unk>'],
    ['an unknown type', { ...parts, tokenTypes: (parts.tokenTypes as number[]).with(268, 77) }, 'unknown type'],
    [
      'a score that is no number',
      { ...parts, scores: (parts.scores as number[]).with(268, Number.NaN) },
      'not a number',
    ],
  ])('refuses %s', (_, broken, reason) => {
    expect(() => vocabularyFromGguf(broken)).toThrow(
      expect.objectContaining({ code: 'vocabulary-malformed', message: expect.stringContaining(reason) }),
    );
  });
});
