import { MalformedVocabularyError, type VocabularySource } from './errors.ts';

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

/** Name of the piece that stands for one byte. */
export function bytePieceName(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

/** The ids of the 256 byte pieces, by byte. */
export function byteIds({ pieces, kinds }: Pick<Vocabulary, 'pieces' | 'kinds'>): Int32Array {
  const ids = new Int32Array(256).fill(-1);
  kinds.forEach((kind, id) => {
    if (kind === PieceKind.byte) ids[byteOf(pieces[id]!)] = id;
  });
  return ids;
}

/** The byte that a byte piece stands for. */
export function byteOf(piece: string): number {
  return Number(piece.slice(1, -1));
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
