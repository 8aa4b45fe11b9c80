import { expect, it } from 'vitest';
import * as tokenizer from './index.ts';

it('exports these names and no others', () => {
  expect(Object.keys(tokenizer).sort()).toMatchInlineSnapshot(`
    [
      "ChatContentError",
      "ChatRoleError",
      "MalformedVocabularyError",
      "NoTurnMarkersError",
      "PieceKind",
      "TokenIdError",
      "Tokenizer",
      "UnsupportedVocabularyError",
      "encodeChat",
      "renderChat",
      "vocabularyFromGguf",
      "vocabularyFromHuggingFace",
      "vocabularyFromSentencePiece",
    ]
  `);
});
