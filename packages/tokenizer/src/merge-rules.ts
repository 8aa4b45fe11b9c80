import { JoinFilter } from './join-filter.ts';
import { ABSENT, PairTable } from './pair-table.ts';
import { PieceIndex } from './piece-index.ts';
import { PieceKind, type Vocabulary } from './vocabulary.ts';

/** Two symbols do not merge. */
export const NO_MERGE = -2;

// 2^19 pairs take 12 MB. Gemma's vocabulary has 579,209 ways to merge; a text uses few of them.
const MAX_REMEMBERED = 2 ** 19;

/**
 * Which symbols merge, and which pair goes first. A symbol is a piece, written as its id, or a character that is not a
 * piece, written as `pieces.length + code point`.
 */
export class MergeRules {
  /** By id of a piece: the lowest is merged first. Pieces with equal scores share a rank. */
  readonly ranks: Int32Array;
  readonly #pieces: readonly string[];
  readonly #kinds: Uint8Array;
  readonly #characters = new Int32Array(0x110000); // by code point: id + 1 of the piece it is, or 0
  readonly #index: PieceIndex;
  readonly #joins = new JoinFilter();
  #remembered = new PairTable();

  constructor({ pieces, kinds, scores }: Vocabulary) {
    this.#pieces = pieces;
    this.#kinds = kinds;
    this.#index = new PieceIndex(pieces);
    const merged: number[] = [];
    for (let id = 0; id < pieces.length; id++) {
      if (kinds[id] !== PieceKind.normal && kinds[id] !== PieceKind.unused) continue;
      const piece = pieces[id]!;
      const first = piece.codePointAt(0)!;
      if (piece.length === (first > 0xffff ? 2 : 1)) {
        this.#characters[first] = id + 1;
      } else if (scores[id] !== Number.NEGATIVE_INFINITY) {
        this.#index.add(id);
        this.#joins.addPiece(piece);
        merged.push(id);
      }
    }
    this.ranks = ranksByScore(merged, scores);
  }

  symbolOf(codePoint: number): number {
    return (this.#characters[codePoint]! || this.#pieces.length + codePoint + 1) - 1;
  }

  /** False if no merge can ever cross the gap between two characters. */
  mayJoin(left: number, right: number): boolean {
    return this.#joins.mayJoin(left, right);
  }

  /** The piece that two neighbouring symbols merge into, or NO_MERGE. */
  merge(left: number, right: number): number {
    const remembered = this.#remembered.get(left, right);
    return remembered === ABSENT ? this.#find(left, right) : remembered;
  }

  #find(left: number, right: number): number {
    const id =
      this.#isFrozen(left) || this.#isFrozen(right)
        ? ABSENT
        : this.#index.find(this.#textOf(left), this.#textOf(right));
    const result = id === ABSENT ? NO_MERGE : id;
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered = new PairTable();
    this.#remembered.set(left, right, result);
    return result;
  }

  /** User-defined pieces are matched before merging and take no part in it. */
  #isFrozen(symbol: number): boolean {
    return this.#kinds[symbol] === PieceKind.userDefined;
  }

  #textOf(symbol: number): string {
    return this.#pieces[symbol] ?? String.fromCodePoint(symbol - this.#pieces.length);
  }
}

function ranksByScore(ids: readonly number[], scores: Float32Array): Int32Array {
  const ranks = new Int32Array(scores.length);
  let rank = 0;
  let last = Number.POSITIVE_INFINITY;
  for (const id of ids.toSorted((a, b) => scores[b]! - scores[a]!)) {
    if (scores[id]! < last) rank++;
    last = scores[id]!;
    ranks[id] = rank;
  }
  return ranks;
}
