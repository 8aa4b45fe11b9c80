import { PieceKind, type Vocabulary } from '@tama/tokenizer';
import { ByteWriter } from '../checkpoint/byte-writer.ts';
import { finiteScores } from './gguf-metadata.ts';

// Fields of sentencepiece_model.proto.
const MODEL = { pieces: 1, trainerSpec: 2, normalizerSpec: 3 };
const PIECE = { text: 1, score: 2, kind: 3 };
const TRAINER = {
  modelType: 3,
  vocabularySize: 4,
  splitDigits: 25,
  byteFallback: 35,
  unk: 40,
  bos: 41,
  eos: 42,
  pad: 43,
};
const NORMALIZER = { name: 1, addDummyPrefix: 3, removeExtraWhitespaces: 4, escapeWhitespaces: 5 };
const BPE = 2;

/** A vocabulary as `tokenizer.model`: BPE with byte fallback that leaves the text as it is, as Gemma's. */
export function sentencePieceModel({ pieces, kinds, scores, special }: Vocabulary): Uint8Array<ArrayBuffer> {
  const model = new ProtobufWriter();
  const finite = finiteScores(scores);
  const piece = new ProtobufWriter(); // used for each: there are hundreds of thousands
  pieces.forEach((text, id) => {
    piece.clear();
    piece.text(PIECE.text, text);
    piece.float(PIECE.score, finite[id]!);
    if (kinds[id] !== PieceKind.normal) piece.integer(PIECE.kind, kinds[id]!);
    model.message(MODEL.pieces, piece);
  });
  const trainer = new ProtobufWriter();
  trainer.integer(TRAINER.modelType, BPE);
  trainer.integer(TRAINER.vocabularySize, pieces.length);
  trainer.integer(TRAINER.splitDigits, 1);
  trainer.integer(TRAINER.byteFallback, 1);
  trainer.integer(TRAINER.unk, special.unk);
  trainer.integer(TRAINER.bos, special.bos);
  trainer.integer(TRAINER.eos, special.eos);
  if (special.pad !== undefined) trainer.integer(TRAINER.pad, special.pad);
  model.message(MODEL.trainerSpec, trainer);
  const normalizer = new ProtobufWriter();
  normalizer.text(NORMALIZER.name, 'identity');
  normalizer.integer(NORMALIZER.addDummyPrefix, 0);
  normalizer.integer(NORMALIZER.removeExtraWhitespaces, 0);
  normalizer.integer(NORMALIZER.escapeWhitespaces, 1);
  model.message(MODEL.normalizerSpec, normalizer);
  return model.result();
}

const encoded = new ByteWriter();

/** A protobuf message of the few wire types that a model needs. */
class ProtobufWriter {
  readonly #out = new ByteWriter();

  result(): Uint8Array<ArrayBuffer> {
    return this.#out.result();
  }

  clear(): void {
    this.#out.clear();
  }

  integer(field: number, value: number): void {
    this.#varint(field << 3);
    this.#varint(value);
  }

  float(field: number, value: number): void {
    this.#varint((field << 3) | 5);
    this.#out.f32(value);
  }

  text(field: number, value: string): void {
    encoded.clear();
    encoded.text(value);
    this.#append(field, encoded);
  }

  message(field: number, message: ProtobufWriter): void {
    this.#append(field, message.#out);
  }

  #append(field: number, bytes: ByteWriter): void {
    this.#varint((field << 3) | 2);
    this.#varint(bytes.length);
    this.#out.append(bytes);
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest > 127; rest >>>= 7) this.#out.u8((rest & 127) | 128);
    this.#out.u8(rest);
  }
}
