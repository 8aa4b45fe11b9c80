import { describe, expect, it } from 'vitest';
import { vocabularyFromSentencePiece } from './sentencepiece-model.ts';
import { readBytes, readJson } from './testing/fixtures.ts';
import {
  gemmaTrainer,
  identityNormalizer,
  leadingPieces,
  modelProto,
  type PieceRow,
  pieceEntry,
  proto,
} from './testing/model-proto-writer.ts';
import { PieceKind } from './vocabulary.ts';

const { byte, normal, unknown, userDefined } = PieceKind;
const letters: PieceRow[] = [
  ['ab', 0, normal],
  ['a', -1, normal],
  ['b', -2, normal],
];
const model = (parts: Partial<Parameters<typeof modelProto>[0]>) =>
  modelProto({ pieces: [...leadingPieces, ...letters], ...parts });
const reading = (file: Uint8Array) => () => vocabularyFromSentencePiece(file);

describe('vocabularyFromSentencePiece', () => {
  it('takes kinds, scores and special ids from the file', () => {
    const { tokens, scores, types } = readJson<{ tokens: string[]; scores: number[]; types: number[] }>(
      'fixtures/tokenizer/vocab.json',
    );
    const vocabulary = vocabularyFromSentencePiece(readBytes('fixtures/tokenizer/tokenizer.model'));
    expect(vocabulary.pieces).toEqual(tokens);
    expect([...vocabulary.kinds]).toEqual(types);
    expect([...vocabulary.scores].map((score) => score + 0)).toEqual(scores.map((score) => score + 0));
  });

  it("respects a layout that is not Gemma's", () => {
    const { kinds, special } = vocabularyFromSentencePiece(readBytes('models/demo/checkpoint/tokenizer.model'));
    expect(special).toEqual({ pad: 0, eos: 1, bos: 2, unk: 3, startOfTurn: 5, endOfTurn: 6 });
    expect([...kinds.subarray(0, 16)]).toEqual([3, 3, 3, 2, ...new Array(11).fill(userDefined), byte]);
  });

  it('keeps a byte order mark and other odd characters of a piece', () => {
    const odd = ['\ufeff', '\ufeffa', '🦙', '\0', '\u2028'];
    const { pieces } = vocabularyFromSentencePiece(
      model({ pieces: [...leadingPieces, ...odd.map((text): PieceRow => [text, 0, normal])] }),
    );
    expect(pieces.slice(260)).toEqual(odd);
  });

  const without = (spec: readonly number[], field: number, value: number) => [...spec, ...proto.number(field, value)];
  it.each([
    ['a unigram model', { trainer: without(gemmaTrainer, 3, 1) }, 'model_type', 'UNIGRAM'],
    ['a model of unstated type', { trainer: proto.number(35, 1) }, 'model_type', 'UNIGRAM'],
    ['no byte fallback', { trainer: without(gemmaTrainer, 35, 0) }, 'byte_fallback', '0'],
    ['a dummy prefix', { normalizer: without(identityNormalizer, 3, 1) }, 'add_dummy_prefix', '1'],
    ['removed spaces', { normalizer: without(identityNormalizer, 4, 1) }, 'remove_extra_whitespaces', '1'],
    ['unescaped spaces', { normalizer: without(identityNormalizer, 5, 0) }, 'escape_whitespaces', '0'],
    ["the schema's own defaults", { normalizer: [] }, 'add_dummy_prefix', '1'],
    [
      'a character map',
      { normalizer: [...identityNormalizer, ...proto.text(2, 'nfkc')] },
      'the length of precompiled_charsmap',
      '4',
    ],
    [
      'a map after decoding',
      { rest: proto.bytes(5, proto.text(2, 'abc')) },
      "the length of the denormalizer's precompiled_charsmap",
      '3',
    ],
  ])('refuses %s', (_, parts, setting, found) => {
    expect(reading(model(parts))).toThrow(
      expect.objectContaining({ code: 'vocabulary-unsupported', details: expect.objectContaining({ setting, found }) }),
    );
  });

  const tooLong = 'x'.repeat(257);
  const sound = model({});
  it.each([
    ['an empty file', new Uint8Array(0), '0 pieces'],
    ['settings without pieces', model({ pieces: [] }), '0 pieces'],
    ['a file cut in a piece', sound.subarray(0, 1000), 'at byte 1000 of 1000'],
    ['a number of 11 bytes', new Uint8Array(11).fill(0xff), 'longer than 10 bytes'],
    ['a length of 2^63', Uint8Array.of(10, 255, 255, 255, 255, 255, 255, 255, 255, 127), 'bytes where 0 are left'],
    ['a piece that is a number', Uint8Array.of(8, 1), 'wire type 0, not 2'],
    ['a group', Uint8Array.of(11), 'unknown wire type 3'],
    ['field number 0', Uint8Array.of(2, 0), 'no valid number'],
    ['a score of 8 bytes', Uint8Array.from(proto.bytes(1, [17, 0, 0, 0, 0, 0, 0, 0, 0])), 'wire type 1, not 5'],
    ['bad UTF-8', model({ rest: proto.bytes(1, proto.bytes(1, [0xc3])) }), 'not UTF-8'],
    [
      'a character over two pieces',
      model({ rest: [[0xc3], [0xa9]].flatMap((text) => proto.bytes(1, proto.bytes(1, text))) }),
      'not UTF-8',
    ],
    ['an unknown type', model({ rest: pieceEntry('x', 0, 9) }), 'unknown type'],
    ['a score that is no number', model({ rest: pieceEntry('x', Number.NaN, normal) }), 'not a number'],
    ['an empty piece', model({ rest: pieceEntry('', 0, normal) }), 'is empty'],
    ['a huge piece', model({ rest: pieceEntry(tooLong, 0, normal) }), '257 characters'],
    ['a piece twice', model({ rest: pieceEntry('ab', -9, userDefined) }), 'is there twice'],
    ['a missing byte', model({ pieces: leadingPieces.filter(([text]) => text !== '<0x41>') }), '<0x41> is missing'],
    ['a byte without a value', model({ rest: pieceEntry('<0x1FF>', 0, byte) }), 'byte without a value'],
    ['two unknown pieces', model({ rest: pieceEntry('<unk2>', 0, unknown) }), 'second <unk>'],
    ['a bos that is a letter', model({ trainer: without(gemmaTrainer, 41, 261) }), 'bos'],
    ['an eos beyond the end', model({ trainer: without(gemmaTrainer, 42, 999) }), 'eos'],
  ])('refuses %s', (_, file, reason) => {
    expect(reading(file)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^vocabulary-/),
        message: expect.stringContaining(reason),
      }),
    );
  });
});
