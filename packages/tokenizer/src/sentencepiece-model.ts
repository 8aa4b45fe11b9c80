import type { Words } from '@tama/errors';
import { checkedVocabulary } from './check-vocabulary.ts';
import { MalformedVocabularyError, UnsupportedVocabularyError } from './errors.ts';
import { ProtobufError, ProtobufReader, WireType } from './protobuf-reader.ts';
import { PieceKind, turnMarkerIds, type Vocabulary } from './vocabulary.ts';

const SOURCE = 'tokenizer.model';
const MODEL_TYPES = ['none', 'UNIGRAM', 'BPE', 'WORD', 'CHAR'];

// The fields of sentencepiece_model.proto that matter here.
const MODEL = { pieces: 1, trainerSpec: 2, normalizerSpec: 3, denormalizerSpec: 5 };
const PIECE = { text: 1, score: 2, kind: 3 };
const TRAINER = { 3: 'modelType', 35: 'byteFallback', 40: 'unk', 41: 'bos', 42: 'eos', 43: 'pad' } as const;
const NORMALIZER = {
  2: 'charsmapLength',
  3: 'addDummyPrefix',
  4: 'removeExtraWhitespaces',
  5: 'escapeWhitespaces',
} as const;

/** The settings of a model, with the schema's defaults, which are not what Gemma has. */
type Settings = {
  readonly trainer: Record<(typeof TRAINER)[keyof typeof TRAINER], number>;
  readonly normalizer: Record<(typeof NORMALIZER)[keyof typeof NORMALIZER], number>;
  readonly denormalizer: { charsmapLength: number };
};

/**
 * Reads a SentencePiece `ModelProto`: `tokenizer.model`, or a Keras preset's `vocabulary.spm`.
 *
 * @throws MalformedVocabularyError where the bytes are not such a message or contradict themselves
 * @throws UnsupportedVocabularyError unless it is BPE with byte fallback and leaves the text as it is, as Gemma's does
 */
export function vocabularyFromSentencePiece(modelProto: Uint8Array): Vocabulary {
  try {
    const { pieces, kinds, scores, settings } = readModel(modelProto);
    if (pieces.length > 0) checkSettings(settings);
    const { bos, eos, unk, pad } = settings.trainer;
    const special = { bos, eos, unk, ...(pad >= 0 && { pad }), ...turnMarkerIds(pieces) };
    return checkedVocabulary(SOURCE, { pieces, kinds, scores, special });
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    const { finding, offset } = error;
    const bytes = modelProto.length;
    throw new MalformedVocabularyError(
      SOURCE,
      { en: `at byte ${offset} of ${bytes}, ${finding.en}`, ja: `${bytes}バイト中${offset}バイト目で、${finding.ja}` },
      { offset, bytes },
      { cause: error },
    );
  }
}

function readModel(modelProto: Uint8Array) {
  const spans: number[] = [];
  const kinds: number[] = [];
  const scores: number[] = [];
  const settings: Settings = {
    trainer: { modelType: 1, byteFallback: 0, unk: 0, bos: 1, eos: 2, pad: -1 },
    normalizer: { charsmapLength: 0, addDummyPrefix: 1, removeExtraWhitespaces: 1, escapeWhitespaces: 1 },
    denormalizer: { charsmapLength: 0 },
  };
  const view = new DataView(modelProto.buffer, modelProto.byteOffset, modelProto.byteLength);
  const model = new ProtobufReader(modelProto);
  while (model.next()) {
    if (model.field === MODEL.pieces) readPiece(model.message());
    else if (model.field === MODEL.trainerSpec) readSettings(model.message(), TRAINER, settings.trainer);
    else if (model.field === MODEL.normalizerSpec) readSettings(model.message(), NORMALIZER, settings.normalizer);
    else if (model.field === MODEL.denormalizerSpec) {
      readSettings(model.message(), { 2: 'charsmapLength' }, settings.denormalizer);
    }
  }
  return {
    pieces: decodeTexts(modelProto, spans),
    kinds: Uint8Array.from(kinds),
    scores: Float32Array.from(scores),
    settings,
  };

  function readPiece(piece: ProtobufReader): void {
    let start = 0;
    let end = 0;
    let score = 0;
    let kind: number = PieceKind.normal;
    while (piece.next()) {
      if (piece.field === PIECE.text) {
        piece.expect(WireType.bytes);
        start = piece.contentStart;
        end = piece.contentEnd;
      } else if (piece.field === PIECE.score) {
        piece.expect(WireType.fixed32);
        score = view.getFloat32(piece.contentStart, true);
      } else if (piece.field === PIECE.kind) {
        piece.expect(WireType.varint);
        kind = piece.int32;
      }
    }
    spans.push(start, end);
    kinds.push(kind >= PieceKind.normal && kind <= PieceKind.byte ? kind : 0);
    scores.push(score);
  }
}

/** Takes over the named fields of a message: a number's value, the length of bytes. */
function readSettings<Name extends string>(
  message: ProtobufReader,
  names: Readonly<Record<number, Name>>,
  settings: Record<Name, number>,
): void {
  while (message.next()) {
    const name = names[message.field];
    if (name === undefined) continue;
    const isLength = name === 'charsmapLength';
    message.expect(isLength ? WireType.bytes : WireType.varint);
    settings[name] = isLength ? message.contentEnd - message.contentStart : message.int32;
  }
}

function checkSettings({ trainer, normalizer, denormalizer }: Settings): void {
  const demand = (setting: string | Words, found: string | number, needed: string | number) => {
    if (found !== needed) throw new UnsupportedVocabularyError(SOURCE, setting, `${found}`, `${needed}`);
  };
  demand('model_type', MODEL_TYPES[trainer.modelType] ?? trainer.modelType, 'BPE');
  demand('byte_fallback', trainer.byteFallback, 1);
  demand({ en: 'the length of precompiled_charsmap', ja: 'precompiled_charsmapの長さ' }, normalizer.charsmapLength, 0);
  demand('add_dummy_prefix', normalizer.addDummyPrefix, 0);
  demand('remove_extra_whitespaces', normalizer.removeExtraWhitespaces, 0);
  demand('escape_whitespaces', normalizer.escapeWhitespaces, 1);
  demand(
    {
      en: "the length of the denormalizer's precompiled_charsmap",
      ja: '逆正規化のprecompiled_charsmapの長さ',
    },
    denormalizer.charsmapLength,
    0,
  );
}

/**
 * Decodes many short UTF-8 texts, given as [start, end) pairs. All are decoded in one go and cut apart afterwards:
 * a TextDecoder call for each of 256,000 pieces would take longer than everything else here.
 */
function decodeTexts(bytes: Uint8Array, spans: readonly number[]): string[] {
  let length = 0;
  for (let span = 0; span < spans.length; span += 2) length += spans[span + 1]! - spans[span]!;
  const joined = new Uint8Array(length);
  const ends = new Uint32Array(spans.length / 2); // in UTF-16 units of the decoded text
  let position = 0;
  let units = 0;
  for (let id = 0; id < ends.length; id++) {
    const start = spans[2 * id]!;
    const end = spans[2 * id + 1]!;
    // A piece that begins inside a character could complete the one before it.
    if (start < end && isContinuation(bytes[start]!))
      throw new ProtobufError(`piece ${id} is not UTF-8`, `${id}番のピースがUTF-8ではありません`, start);
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      joined[position++] = byte;
      if (!isContinuation(byte)) units += byte < 0xf0 ? 1 : 2;
    }
    ends[id] = units;
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(joined);
  } catch {
    throw new ProtobufError('a piece is not UTF-8', 'UTF-8ではないピースがあります', spans[0] ?? 0);
  }
  return Array.from(ends, (end, id) => text.slice(id === 0 ? 0 : ends[id - 1], end));
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
