import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type ChatMessage, encodeChat, renderChat } from './chat-template.ts';
import { type GgufVocabulary, vocabularyFromGguf } from './gguf-vocabulary.ts';
import { vocabularyFromHuggingFace } from './hugging-face-vocabulary.ts';
import { vocabularyFromSentencePiece } from './sentencepiece-model.ts';
import { readGemmaTokenizerJson, readJson } from './testing/fixtures.ts';
import { gemmaModelProto } from './testing/model-proto-writer.ts';
import { Tokenizer } from './tokenizer.ts';
import { PieceKind } from './vocabulary.ts';

type Cases<T> = { readonly cases: readonly T[] };
const folder = 'fixtures/gemma2-tokenizer';
const encodeCases = readJson<
  Cases<{
    category: string;
    text: string;
    ids_sentencepiece: number[];
    ids_hf: number[];
    decoded_sentencepiece?: string;
  }>
>(`${folder}/encode.json`).cases;
const longCases = readJson<
  Cases<{ name: string; generator_js: string; text_sha256_utf8: string; n_ids: number; ids_sha256: string }>
>(`${folder}/long.json`).cases;
const chatCases = readJson<
  Cases<{
    name: string;
    messages: ChatMessage[];
    add_generation_prompt: boolean;
    rendered: string;
    ids_sentencepiece: number[];
  }>
>(`${folder}/chat.json`).cases;
const streamCases = readJson<Cases<{ name: string; ids: number[]; pieces: string[]; flush: string; text: string }>>(
  `${folder}/stream.json`,
).cases;

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');

const fromJson = vocabularyFromHuggingFace(readGemmaTokenizerJson());
const modelProto = gemmaModelProto(fromJson);
const fromModel = vocabularyFromSentencePiece(modelProto);

/** The arrays of a GGUF file as different converters have written them. */
function ggufParts(variant: 'current' | 'older' | 'ollama 2b' | 'ollama 9b' | 'bare'): GgufVocabulary {
  const { pieces, kinds } = fromModel;
  const isMarker = (id: number) => id === 106 || id === 107;
  const looksSpecial = (id: number) => isMarker(id) || /^(<mask>|<2mass>|\[@BOS@\]|<unused\d+>)$/.test(pieces[id]!);
  const types = pieces.map((_, id) => {
    if (kinds[id] !== PieceKind.userDefined) return kinds[id]!;
    if (variant === 'current') return looksSpecial(id) ? PieceKind.control : PieceKind.userDefined;
    if (variant === 'ollama 2b' && isMarker(id)) return PieceKind.control;
    return PieceKind.normal;
  });
  const isPlain = (id: number) => variant === 'current' && types[id] === PieceKind.userDefined;
  const tokens = pieces.map((piece, id) => (isPlain(id) ? piece.replaceAll('▁', ' ') : piece));
  if (variant === 'bare') return { tokens };
  return {
    tokens,
    tokenTypes: types,
    scores: pieces.map((_, id) => (isPlain(id) ? -1000 : kinds[id] === PieceKind.normal ? -(id - 473) : 0)),
    bosId: 2,
    eosId: 1,
    unknownId: 3,
    padId: 0,
    ...(variant.startsWith('ollama') && { eotId: 107 }),
  };
}

const fromGguf = vocabularyFromGguf(ggufParts('current'));

describe("Gemma's vocabulary", () => {
  it('is what the published hashes and counts say', () => {
    expect(sha256(modelProto)).toBe('5e4b7d63d1d5899591c8ecbacb2d897e4b77341e27238c2b900855355f4ffb4c');
    const counts = new Array(7).fill(0);
    for (const kind of fromModel.kinds) counts[kind]++;
    expect(counts).toEqual([0, 255495, 1, 3, 245, 0, 256]);
    expect(fromModel.special).toEqual({ pad: 0, eos: 1, bos: 2, unk: 3, startOfTurn: 106, endOfTurn: 107 });
  });

  it.each([
    ['tokenizer.json', fromJson],
    ['a GGUF as converted today', fromGguf],
  ])('is the same from %s', (_, { pieces, kinds, special }) => {
    expect(special).toEqual(fromModel.special);
    expect(Buffer.compare(kinds, fromModel.kinds)).toBe(0);
    expect(pieces.join('\n')).toBe(fromModel.pieces.join('\n'));
  });

  it.each(['older', 'ollama 2b', 'ollama 9b', 'bare'] as const)('is the same from GGUF, variant %s', (variant) => {
    const { pieces, kinds, scores, special } = vocabularyFromGguf(ggufParts(variant));
    expect(special).toEqual(fromModel.special);
    expect(Buffer.compare(kinds, fromModel.kinds)).toBe(0);
    expect(Buffer.compare(new Uint8Array(scores.buffer), new Uint8Array(fromGguf.scores.buffer))).toBe(0);
    expect(pieces.join('\n')).toBe(fromModel.pieces.join('\n'));
  });
});

describe.each([
  ['tokenizer.model', fromModel],
  ['tokenizer.json', fromJson],
  ['GGUF', fromGguf],
])("Gemma's tokenizer from %s", (_, vocabulary) => {
  const tokenizer = new Tokenizer(vocabulary);

  it('encodes as SentencePiece does', () => {
    for (const { text, ids_sentencepiece: ids } of encodeCases) expect(tokenizer.encode(text), text).toEqual(ids);
  });

  // From the test-suites of transformers and transformers.js.
  it.each([
    ['Hello World', [4521, 3855]],
    ['Hi  Hello', [2151, 139, 4521]],
    ['<s>', [204]],
    ['生活的真谛是', [122182, 235710, 245467, 235427]],
    ['def main():\n\tpass', [1293, 1872, 4409, 108, 226, 3095]],
    ['\ttabs\t\t\t\tout here', [226, 31973, 255971, 745, 1517]],
    ['🦙\ua64a', [250645, 451, 370, 355]],
    ['1\x002\ufffd3', [235274, 217, 235284, 236193, 235304]],
    [`${' '.repeat(11)}grabbed`, [148, 59031, 2907]],
  ])('encodes %j as published', (text, ids) => {
    expect(tokenizer.encode(text)).toEqual(ids);
  });

  it('decodes as SentencePiece does', () => {
    for (const { text, ids_sentencepiece: ids, decoded_sentencepiece: decoded } of encodeCases) {
      expect(tokenizer.decode(ids)).toBe(decoded ?? text.toWellFormed());
    }
  });

  it.each(longCases)('encodes unbroken text: $name', ({ generator_js, text_sha256_utf8, n_ids, ids_sha256 }) => {
    const text = new Function(`return ${generator_js}`)() as string;
    expect(sha256(text)).toBe(text_sha256_utf8);
    const ids = tokenizer.encode(text);
    expect(ids.length).toBe(n_ids);
    expect(sha256(ids.join(','))).toBe(ids_sha256);
  });

  it('streams text without half characters', () => {
    for (const { name, ids, pieces, flush, text } of streamCases) {
      const decoder = tokenizer.stream();
      expect(
        ids.map((id) => decoder.push(id)),
        name,
      ).toEqual(pieces);
      expect(decoder.flush(), name).toBe(flush);
      expect(tokenizer.decode(ids), name).toBe(text);
    }
  });

  it.each(chatCases)(
    'writes the conversation $name',
    ({ messages, add_generation_prompt, rendered, ids_sentencepiece }) => {
      const options = { addGenerationPrompt: add_generation_prompt };
      expect(renderChat(messages, options)).toBe(rendered);
      expect(encodeChat(tokenizer, messages, { ...options, turnMarkers: 'control' })).toEqual(ids_sentencepiece);
      const hasMarkers = messages.some(({ content }) => /<(start|end)_of_turn>/.test(content));
      const safe = encodeChat(tokenizer, messages, options);
      if (hasMarkers) expect(safe).not.toEqual(ids_sentencepiece);
      else expect(safe).toEqual(ids_sentencepiece);
      // The ids say the same either way: only who says it differs.
      expect(tokenizer.decode(safe)).toBe(rendered.slice('<bos>'.length));
    },
  );
});

describe('where Hugging Face differs from SentencePiece', () => {
  it('the goldens hold such cases, and the tokenizer.json gives the ids of SentencePiece', () => {
    const tokenizer = new Tokenizer(fromJson);
    const differing = encodeCases.filter(({ ids_sentencepiece, ids_hf }) => ids_sentencepiece.join() !== ids_hf.join());
    expect(differing.length).toBe(8);
    for (const { text, ids_sentencepiece } of differing) expect(tokenizer.encode(text)).toEqual(ids_sentencepiece);
  });
});
