import { ABSENT, PairTable } from './pair-table.ts';
import { PieceKind, type Vocabulary } from './vocabulary.ts';

const SPACE = 0x20;
const SPACE_SYMBOL = 0x2581; // ▁
const ROOT = 0;

/** Finds the longest user-defined piece that begins at a place of a text: a trie over UTF-16 units. */
export class UserDefinedMatcher {
  readonly #children = new PairTable(); // (node, unit) → node
  readonly #pieceAt: number[] = [ABSENT]; // by node
  readonly #starts = new Uint8Array(0x10000); // 1 for each unit that a piece begins with

  constructor({ pieces, kinds }: Vocabulary) {
    for (let id = 0; id < pieces.length; id++) {
      if (kinds[id] !== PieceKind.userDefined) continue;
      const piece = pieces[id]!;
      let node = ROOT;
      for (let at = 0; at < piece.length; at++) {
        const unit = piece.charCodeAt(at);
        let child = this.#children.get(node, unit);
        if (child === ABSENT) {
          child = this.#pieceAt.push(ABSENT) - 1;
          this.#children.set(node, unit, child);
        }
        node = child;
      }
      this.#pieceAt[node] = id;
      this.#starts[piece.charCodeAt(0)] = 1;
    }
  }

  /** The id of the longest match at text[at…], where a space reads as ▁, or ABSENT; some pieces may be left out. */
  longest(text: string, at: number, except: readonly number[]): number {
    let unit = escapeSpace(text.charCodeAt(at));
    if (this.#starts[unit] === 0) return ABSENT;
    let found = ABSENT;
    for (let node = ROOT; ; unit = escapeSpace(text.charCodeAt(at))) {
      node = this.#children.get(node, unit);
      if (node === ABSENT) return found;
      const id = this.#pieceAt[node]!;
      if (id !== ABSENT && !except.includes(id)) found = id;
      if (++at === text.length) return found;
    }
  }
}

/** SentencePiece writes U+0020, and nothing else, as ▁ (U+2581). */
export function escapeSpace(unit: number): number {
  return unit === SPACE ? SPACE_SYMBOL : unit;
}
