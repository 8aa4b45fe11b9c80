/**
 * What the KV cache holds: token ids by position, and from which of them on every layer still has their keys. Local
 * layers are rings, so going back is possible only while the keys that the window needs have not been overwritten.
 */
export class PrefixCache {
  readonly #window: number;
  readonly #localCapacity: number;
  #ids: number[] = [];
  #oldestIntact = 0;

  /** @param localCapacity slots of a local layer's ring, see `cacheCapacity` */
  constructor(window: number, localCapacity: number) {
    this.#window = window;
    this.#localCapacity = localCapacity;
  }

  /**
   * How many leading tokens of `prompt` need not be computed again. At least one always must be: its logits choose the
   * first new token.
   */
  reusable(prompt: readonly number[]): number {
    const most = Math.min(this.#ids.length, prompt.length - 1);
    let common = 0;
    while (common < most && this.#ids[common] === prompt[common]) common++;
    // The row at position `common` sees keys back to common - window + 1.
    const oldestNeeded = Math.max(0, common - this.#window + 1);
    return oldestNeeded >= this.#oldestIntact ? common : 0;
  }

  /** Forgets everything from `length` on, before other tokens are written there. */
  truncate(length: number): void {
    this.#ids.length = Math.min(this.#ids.length, length);
    if (length === 0) this.#oldestIntact = 0; // All that will be known is written anew.
  }

  /** Tokens were written behind those known. `overrun`: positions after them that steps ran past a stop have touched. */
  append(ids: readonly number[], overrun = 0): void {
    for (const id of ids) this.#ids.push(id);
    // Position p + capacity takes the slot of p.
    const written = this.#ids.length + overrun;
    this.#oldestIntact = Math.max(this.#oldestIntact, written - this.#localCapacity);
  }

  clear(): void {
    this.truncate(0);
  }
}
