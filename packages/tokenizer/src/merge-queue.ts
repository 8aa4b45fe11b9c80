// rank and position share one float64: positions stay below 2^30 (the longest string), ranks below 2^20.
const POSITIONS = 2 ** 30;

/** A binary heap of possible merges: the lowest rank first, among equal ranks the leftmost. */
export class MergeQueue {
  #keys = new Float64Array(256);
  size = 0;

  push(rank: number, position: number): void {
    if (this.size === this.#keys.length) {
      const longer = new Float64Array(2 * this.size);
      longer.set(this.#keys);
      this.#keys = longer;
    }
    const keys = this.#keys;
    const key = rank * POSITIONS + position;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[at] = keys[parent]!;
      at = parent;
    }
    keys[at] = key;
  }

  /** Removes the first entry and returns it; {@link rankOf} and {@link positionOf} read it. The queue is not empty. */
  pop(): number {
    const keys = this.#keys;
    const first = keys[0]!;
    const key = keys[--this.size]!;
    const { size } = this;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      keys[at] = keys[child]!;
      at = child;
    }
    keys[at] = key;
    return first;
  }
}

export function rankOf(entry: number): number {
  return Math.floor(entry / POSITIONS);
}

export function positionOf(entry: number): number {
  return entry % POSITIONS;
}
