import type { ErrorDetails } from '@tama/errors';
import { type Finding, MalformedVocabularyError, type VocabularySource } from './errors.ts';
import { ABSENT } from './pair-table.ts';
import { PieceIndex } from './piece-index.ts';

/** What a piece is, in SentencePiece's numbering (`ModelProto.SentencePiece.Type`). */
export const PieceKind = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;
export type PieceKind = (typeof PieceKind)[keyof typeof PieceKind];

/** Ids with a meaning of their own; the turn markers and the padding may be missing. */
export type SpecialIds = {
  readonly bos: number;
  readonly eos: number;
  readonly unk: number;
  readonly pad?: number;
  readonly startOfTurn?: number;
  readonly endOfTurn?: number;
};

/** A SentencePiece BPE vocabulary, the same whatever file it came from. The index of a piece is its id. */
export type Vocabulary = {
  /** Text of each piece; a space is written ▁ (U+2581), a byte piece `<0x00>` to `<0xFF>`. */
  readonly pieces: readonly string[];
  /** One {@link PieceKind} a piece. */
  readonly kinds: Uint8Array;
  /** Merging makes the piece with the highest score first; -Infinity: never made by merging. */
  readonly scores: Float32Array;
  readonly special: SpecialIds;
};

export const START_OF_TURN = '<start_of_turn>';
export const END_OF_TURN = '<end_of_turn>';

// Gemma's has 256,000 pieces of at most 31 characters, 1.4 million in all. These bounds keep the time and memory that
// a hostile file can ask for within a few seconds and a few hundred megabytes.
const MAX_PIECES = 1 << 20;
const MAX_PIECE_LENGTH = 256;
const MAX_TOTAL_LENGTH = 1 << 22;

/** Name of the piece that stands for one byte. */
export function bytePieceName(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

/** The ids of the 256 byte pieces, by byte. */
export function byteIds({ pieces, kinds }: Pick<Vocabulary, 'pieces' | 'kinds'>): Int32Array {
  const ids = new Int32Array(256).fill(-1);
  kinds.forEach((kind, id) => {
    if (kind !== PieceKind.byte) return;
    const byte = Number(pieces[id]!.slice(1, -1));
    if (pieces[id] === bytePieceName(byte)) ids[byte] = id;
  });
  return ids;
}

/** A token of another format as SentencePiece writes it: ▁ for a space, `<0x09>` for the byte of TAB. */
export function canonicalPiece(token: string, kind: number): string {
  if (kind === PieceKind.byte && token === '\t') return bytePieceName(9);
  return token.replaceAll(' ', '▁');
}

/** The id of a piece that must be there. */
export function idByText(source: VocabularySource, pieces: readonly string[], text: string): number {
  const id = pieces.indexOf(text);
  if (id >= 0) return id;
  throw new MalformedVocabularyError(source, { en: `it has no ${text}`, ja: `${text}がありません` }, { piece: text });
}

/** The ids of the turn markers, found by their text. */
export function turnMarkerIds(pieces: readonly string[]): Pick<SpecialIds, 'startOfTurn' | 'endOfTurn'> {
  const startOfTurn = pieces.indexOf(START_OF_TURN);
  const endOfTurn = pieces.indexOf(END_OF_TURN);
  return { ...(startOfTurn >= 0 && { startOfTurn }), ...(endOfTurn >= 0 && { endOfTurn }) };
}

/**
 * Returns the vocabulary if it keeps what SentencePiece demands of a BPE model with byte fallback, and its size is
 * within bounds.
 */
export function checkedVocabulary(source: VocabularySource, vocabulary: Vocabulary): Vocabulary {
  const { pieces, kinds, scores, special } = vocabulary;
  const malformed = (en: string, ja: string, details?: ErrorDetails) =>
    new MalformedVocabularyError(source, { en, ja }, details);

  if (pieces.length === 0 || pieces.length > MAX_PIECES) {
    throw malformed(
      `it has ${pieces.length} pieces, where 1 to ${MAX_PIECES} can be`,
      `ピースが${pieces.length}個あります(1から${MAX_PIECES}個まで)`,
      { pieces: pieces.length, limit: MAX_PIECES },
    );
  }
  // SentencePiece has one table of names for what text can become and one for the rest; each name is unique in its own.
  const textual = new PieceIndex(pieces);
  const reserved = new PieceIndex(pieces);
  let totalLength = 0;
  for (let id = 0; id < pieces.length; id++) {
    const piece = pieces[id]!;
    const kind = kinds[id]!;
    const problem = pieceProblem(piece, kind, scores[id]!);
    if (problem) throw malformed(`piece ${id} ${problem.en}`, `${id}番のピース${problem.ja}`, { id });

    if ((isReserved(kind) ? reserved : textual).add(id) !== ABSENT) {
      const shown = JSON.stringify(piece);
      throw malformed(`piece ${id}, ${shown}, is there twice`, `${id}番のピース${shown}が重複しています`, {
        id,
        piece,
      });
    }
    totalLength += piece.length;
  }
  if (totalLength > MAX_TOTAL_LENGTH) {
    throw malformed(
      `its pieces hold ${totalLength} characters, where ${MAX_TOTAL_LENGTH} can be`,
      `ピースの文字数が合計${totalLength}です(上限${MAX_TOTAL_LENGTH})`,
      { characters: totalLength, limit: MAX_TOTAL_LENGTH },
    );
  }
  for (const [name, id] of Object.entries(special)) {
    const kind = kinds[id];
    const fits =
      name === 'unk'
        ? kind === PieceKind.unknown
        : name === 'bos' || name === 'eos'
          ? kind === PieceKind.control
          : kind !== undefined;
    if (!fits)
      throw malformed(
        `${name} has the id ${id}, which is no such piece`,
        `${name}のID ${id}は該当するピースではありません`,
        { name, id },
      );
  }
  const missing = byteIds(vocabulary).indexOf(-1);
  if (missing >= 0) {
    const name = bytePieceName(missing);
    throw malformed(`the byte piece ${name} is missing`, `バイトのピース${name}がありません`, { piece: name });
  }
  return vocabulary;
}

function isReserved(kind: number): boolean {
  return kind === PieceKind.control || kind === PieceKind.unknown || kind === PieceKind.byte;
}

function pieceProblem(piece: string, kind: number, score: number): Finding | undefined {
  if (piece.length === 0) return { en: 'is empty', ja: 'が空です' };
  if (piece.length > MAX_PIECE_LENGTH) {
    return {
      en: `has ${piece.length} characters, more than ${MAX_PIECE_LENGTH}`,
      ja: `が${piece.length}文字あります(上限${MAX_PIECE_LENGTH})`,
    };
  }
  if (!piece.isWellFormed()) return { en: 'holds half a surrogate pair', ja: 'に不完全なサロゲートペアがあります' };
  if (!(kind >= PieceKind.normal && kind <= PieceKind.byte))
    return { en: 'has an unknown type', ja: 'の種類が不明です' };
  if (Number.isNaN(score)) return { en: 'has a score that is not a number', ja: 'のスコアが数値ではありません' };
  return undefined;
}
