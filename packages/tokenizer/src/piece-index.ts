import { ABSENT } from './pair-table.ts';

// Drawn anew in every process, so that nobody can write a file whose pieces all collide.
const BASE = Math.floor(Math.random() * 2 ** 32) | 1;

/**
 * Finds the piece that two texts make together, without joining them: the hash is a polynomial in the UTF-16 units,
 * so the hash of a concatenation follows from those of its parts.
 */
export class PieceIndex {
  readonly #pieces: readonly string[];
  readonly #slots: Int32Array; // per slot: id + 1 (0 = empty), hash
  readonly #mask: number;

  constructor(pieces: readonly string[]) {
    const capacity = 2 ** Math.ceil(Math.log2(2 * pieces.length + 2));
    this.#pieces = pieces;
    this.#slots = new Int32Array(2 * capacity);
    this.#mask = capacity - 1;
  }

  /** Adds a piece and returns ABSENT; or, where another piece has the same text, leaves it out and returns that one's id. */
  add(id: number): number {
    const text = this.#pieces[id]!;
    const hash = hashText(text);
    const same = this.find(text, '', hash);
    if (same !== ABSENT) return same;
    const slots = this.#slots;
    let slot = mix(hash) & this.#mask;
    while (slots[2 * slot] !== 0) slot = (slot + 1) & this.#mask;
    slots[2 * slot] = id + 1;
    slots[2 * slot + 1] = hash;
    return ABSENT;
  }

  /** The id of the piece with the text left + right, or ABSENT. */
  find(left: string, right: string, hash = hashText(right, hashText(left))): number {
    const slots = this.#slots;
    for (let slot = mix(hash) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const id = slots[2 * slot]! - 1;
      if (id < 0) return ABSENT;
      if (slots[2 * slot + 1] !== hash) continue;
      const piece = this.#pieces[id]!;
      if (piece.length === left.length + right.length && piece.startsWith(left) && piece.endsWith(right)) return id;
    }
  }
}

/** Hash of a text, or of a longer one of whose beginning the hash is given. */
function hashText(text: string, hash = 0): number {
  for (let k = 0; k < text.length; k++) hash = (Math.imul(hash, BASE) + text.charCodeAt(k)) | 0;
  return hash;
}

function mix(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}
