import { TokenIdError } from './errors.ts';
import { Utf8Stream } from './utf8-stream.ts';
import { byteOf, PieceKind, type Vocabulary } from './vocabulary.ts';

const UNKNOWN_TEXT = ' \u2047 '; // SentencePiece's default surface of <unk>

export type DecodeOptions = {
  /** Leave out the turn markers and `<unk>` too. Control pieces such as `<eos>` never have a text. Default false. */
  readonly skipSpecial?: boolean;
};

/** Ids to text as they come: never half a character, and in sum what decoding all ids at once gives. */
export class StreamDecoder {
  readonly #vocabulary: Vocabulary;
  readonly #skipSpecial: boolean;
  readonly #bytes = new Utf8Stream();

  constructor(vocabulary: Vocabulary, { skipSpecial = false }: DecodeOptions = {}) {
    this.#vocabulary = vocabulary;
    this.#skipSpecial = skipSpecial;
  }

  /** The text that can be shown now that this id has come; empty in the middle of a character. */
  push(id: number): string {
    const { pieces, kinds } = this.#vocabulary;
    const piece = pieces[id];
    if (piece === undefined) throw new TokenIdError(id, pieces.length);
    if (kinds[id] === PieceKind.byte) return this.#bytes.push(byteOf(piece));
    return this.#bytes.flush() + this.#textOf(id, piece);
  }

  /** What remains when no more ids come: one U+FFFD for each byte of an unfinished character. */
  flush(): string {
    return this.#bytes.flush();
  }

  #textOf(id: number, piece: string): string {
    const { kinds, special } = this.#vocabulary;
    const kind = kinds[id];
    if (kind === PieceKind.control) return '';
    if (kind === PieceKind.unknown) return this.#skipSpecial ? '' : UNKNOWN_TEXT;
    if (this.#skipSpecial && (id === special.startOfTurn || id === special.endOfTurn)) return '';
    return piece.replaceAll('▁', ' ');
  }
}
