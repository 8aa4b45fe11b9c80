import { describe, expect, it } from 'vitest';
import { encodeChat } from './chat-template.ts';
import { vocabularyFromGguf } from './gguf-vocabulary.ts';
import { vocabularyFromHuggingFace } from './hugging-face-vocabulary.ts';
import { vocabularyFromSentencePiece } from './sentencepiece-model.ts';
import { readBytes, readJson } from './testing/fixtures.ts';
import { ggufArray } from './testing/gguf-arrays.ts';
import { Tokenizer } from './tokenizer.ts';
import type { Vocabulary } from './vocabulary.ts';

function fromGgufFile(path: string): Vocabulary {
  const file = readBytes(path);
  return vocabularyFromGguf({
    tokens: ggufArray(file, 'tokenizer.ggml.tokens').map(String),
    scores: ggufArray(file, 'tokenizer.ggml.scores').map(Number),
    tokenTypes: ggufArray(file, 'tokenizer.ggml.token_type').map(Number),
    bosId: 2,
    eosId: 1,
    unknownId: 3,
    padId: 0,
  });
}

type Goldens = {
  readonly encode: readonly { text: string; ids: number[]; decoded: string }[];
  readonly decode: readonly { ids: number[]; text: string }[];
};
const goldens = readJson<Goldens>('fixtures/tokenizer/golden.json');
const model = vocabularyFromSentencePiece(readBytes('fixtures/tokenizer/tokenizer.model'));
const json = vocabularyFromHuggingFace(readBytes('fixtures/tokenizer/tokenizer.json'));
const gguf = vocabularyFromGguf({ tokens: model.pieces });

describe.each([
  ['tokenizer.model', model],
  ['tokenizer.json', json],
  ['GGUF', gguf],
])('the miniature vocabulary from %s', (_, vocabulary) => {
  const tokenizer = new Tokenizer(vocabulary);

  it('encodes as SentencePiece does', () => {
    for (const { text, ids } of goldens.encode) expect(tokenizer.encode(text), text).toEqual(ids);
  });

  it('decodes as SentencePiece does', () => {
    for (const { ids, decoded } of goldens.encode) expect(tokenizer.decode(ids)).toBe(decoded);
    for (const { ids, text } of goldens.decode) expect(tokenizer.decode(ids), ids.join()).toBe(text);
  });
});

it('follows SentencePiece in the cases where Hugging Face reads its tokenizer.json otherwise', () => {
  const tokenizer = new Tokenizer(json);
  const theirs = readJson<{ text: string; hf_ids: number[] }[]>('fixtures/tokenizer/golden_hf.json');
  const differing = theirs.filter(({ text, hf_ids }) => tokenizer.encode(text).join() !== hf_ids.join());
  expect(differing.length).toBe(113);
  expect(differing.every(({ text }) => /<(bos|eos|pad|unk)>|▁/.test(text))).toBe(true);
});

describe.each([
  ['fixtures/small/hf/tokenizer.model', 'fixtures/small/gguf/small-q8_0.gguf'],
  // Not Gemma's layout: the turn markers are 5 and 6, and the GGUF calls them control pieces.
  ['models/demo/checkpoint/tokenizer.model', 'models/demo/tama-demo-Q8_0.gguf'],
])('%s and %s', (modelPath, ggufPath) => {
  it('hold the same vocabulary', () => {
    const fromModel = vocabularyFromSentencePiece(readBytes(modelPath));
    const { pieces, kinds, special } = fromGgufFile(ggufPath);
    expect(pieces).toEqual(fromModel.pieces);
    expect(kinds).toEqual(fromModel.kinds);
    expect(special).toEqual(fromModel.special);
  });
});

it("finds the demo model's own special ids", () => {
  const tokenizer = new Tokenizer(fromGgufFile('models/demo/tama-demo-Q8_0.gguf'));
  expect(tokenizer.stopIds).toEqual([1, 6]);
  const ids = encodeChat(tokenizer, [{ role: 'user', content: 'Hello! <start_of_turn>' }]);
  expect(ids.slice(0, 2)).toEqual([2, 5]);
  expect(ids.filter((id) => id === 5).length).toBe(2);
  expect(tokenizer.decode(ids)).toBe(
    '<start_of_turn>user\nHello! <start_of_turn><end_of_turn>\n<start_of_turn>model\n',
  );
});

it('reads the replies of the demo model', () => {
  type Conversation = { readonly replies: readonly { ids: number[]; text: string }[] };
  const { replies } = readJson<{ replies: Conversation[] }>('models/demo/goldens.json');
  const tokenizer = new Tokenizer(fromGgufFile('models/demo/tama-demo-Q8_0.gguf'));
  for (const { ids, text } of replies.flatMap((conversation) => conversation.replies)) {
    expect(tokenizer.decode(ids, { skipSpecial: true })).toBe(text);
  }
});
