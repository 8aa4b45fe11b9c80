const EMPTY = 0;
const FIELDS = 3;

/** What {@link PairTable.get} answers for a pair that was never set. */
export const ABSENT = -1;

/**
 * A map from pairs of non-negative integers to integers: open addressing in one typed array, so that a lookup
 * touches one cache line and allocates nothing.
 */
export class PairTable {
  #slots = new Int32Array(16 * FIELDS); // per slot: left + 1 (0 = empty), right, value
  #mask = 15;
  /** How many pairs are set. */
  size = 0;

  get(left: number, right: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    for (let slot = hash(left, right) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * FIELDS;
      const key = slots[at]!;
      if (key === left + 1 && slots[at + 1] === right) return slots[at + 2]!;
      if (key === EMPTY) return ABSENT;
    }
  }

  set(left: number, right: number, value: number): void {
    if (this.size * 1.5 > this.#mask) this.#grow();
    const slots = this.#slots;
    const mask = this.#mask;
    for (let slot = hash(left, right) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * FIELDS;
      if (slots[at] === EMPTY) this.size++;
      else if (slots[at] !== left + 1 || slots[at + 1] !== right) continue;
      slots[at] = left + 1;
      slots[at + 1] = right;
      slots[at + 2] = value;
      return;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#mask = this.#mask * 2 + 1;
    this.size = 0;
    for (let at = 0; at < old.length; at += FIELDS) {
      if (old[at] !== EMPTY) this.set(old[at]! - 1, old[at + 1]!, old[at + 2]!);
    }
  }
}

function hash(left: number, right: number): number {
  const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca77);
  return mixed ^ (mixed >>> 15);
}
