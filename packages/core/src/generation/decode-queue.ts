/** Steps that are submitted before the host has read their result, so that the GPU never waits for the host. */
export class DecodeQueue {
  readonly #submit: (slot: number) => Promise<number>;
  readonly #pending: Promise<number>[] = [];
  readonly #limit: number;
  #submitted = 0;
  #depth = 1;
  #lastArrival: number | undefined;
  #stepMs: number | undefined;

  /** @param submit runs the step that chooses token `slot`; @param limit most tokens to submit */
  constructor(submit: (slot: number) => Promise<number>, limit: number) {
    this.#submit = submit;
    this.#limit = limit;
  }

  /** Steps submitted so far, read or not. */
  get submitted(): number {
    return this.#submitted;
  }

  /** The next token's id, or undefined when `limit` tokens have been read. */
  async next(): Promise<number | undefined> {
    while (this.#pending.length < this.#depth && this.#submitted < this.#limit) {
      const id = this.#submit(this.#submitted++);
      id.catch(() => {}); // Read in order below; an earlier failure must not leave this one unhandled.
      this.#pending.push(id);
    }
    const id = await this.#pending.shift();
    this.#adapt();
    return id;
  }

  /** Waits for what is still running, so that the next generation finds the GPU and the staging buffers free. */
  async drain(): Promise<void> {
    await Promise.allSettled(this.#pending.splice(0));
  }

  /**
   * Deep enough to hide a browser's read-back latency behind running steps, shallow enough that what an abort leaves
   * running is done within about 1/20 s or one step.
   */
  #adapt(): void {
    const now = performance.now();
    // The first token arrives after a prefill, which says nothing about a step.
    if (this.#lastArrival !== undefined) {
      const elapsed = now - this.#lastArrival;
      this.#stepMs = this.#stepMs === undefined ? elapsed : 0.8 * this.#stepMs + 0.2 * elapsed;
    }
    this.#lastArrival = now;
    this.#depth = this.#stepMs === undefined ? 2 : Math.max(2, Math.min(8, Math.round(50 / this.#stepMs)));
  }
}
