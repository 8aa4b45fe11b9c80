import { deferred } from '../deferred.ts';
import { type ChosenToken, mostAtOnce } from './sampler.ts';
import type { TokenStream } from './token-stream.ts';

/** Runs the steps that choose tokens `slot` … `slot + count - 1`; the first one may be a prefill, alone. */
type Submit = (slot: number, count: number) => Promise<readonly ChosenToken[]>;

/**
 * Steps that are submitted before the host has read their results, so that the GPU never waits for the host. They are
 * read in batches of half of what is in flight: while the host reads one, the other runs. Once its signal is aborted it
 * submits nothing more, and does not wait for what runs.
 */
export class DecodeQueue implements TokenStream {
  readonly #submit: Submit;
  readonly #limit: number;
  readonly #adaptive: boolean;
  readonly #signal: AbortSignal;
  readonly #aborted = deferred<undefined>();
  readonly #onAbort = () => this.#aborted.resolve(undefined);
  readonly #pending: { readonly count: number; readonly tokens: Promise<readonly ChosenToken[]> }[] = [];
  #ready: ChosenToken[] = [];
  #submitted = 0;
  #inFlight = 0;
  #ahead: number;
  #lastArrival: number | undefined;
  #stepMs: number | undefined;

  /** @param limit most tokens to submit; @param ahead most steps in flight, 1 to 8; by default it is adapted */
  constructor(submit: Submit, limit: number, signal: AbortSignal, ahead?: number) {
    this.#submit = submit;
    this.#limit = limit;
    this.#adaptive = ahead === undefined;
    this.#ahead = ahead ?? 2;
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  // Every decode step takes in the token before it.
  get fed(): number {
    return Math.max(0, this.#submitted - 1);
  }

  get touched(): number {
    return this.fed;
  }

  async next(): Promise<ChosenToken | undefined> {
    if (this.#ready.length === 0) {
      this.#fill();
      const [batch] = this.#pending;
      if (!batch || this.#signal.aborted) return undefined;
      const tokens = await Promise.race([batch.tokens, this.#aborted.promise]);
      if (!tokens) return undefined;
      this.#pending.shift();
      this.#ready.push(...tokens);
      this.#inFlight -= batch.count;
      if (this.#adaptive) this.#adapt(batch.count);
      this.#fill();
    }
    return this.#ready.shift();
  }

  async drain(): Promise<void> {
    // A signal that lives as long as the engine would keep everything that was raced against it.
    this.#signal.removeEventListener('abort', this.#onAbort);
    const ended = await Promise.allSettled(this.#pending.splice(0).map(({ tokens }) => tokens));
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
  }

  #fill(): void {
    while (!this.#signal.aborted && this.#inFlight < this.#ahead && this.#submitted < this.#limit) {
      const room = Math.min(Math.ceil(this.#ahead / 2), this.#ahead - this.#inFlight, this.#limit - this.#submitted);
      const count = this.#submitted === 0 ? 1 : room;
      const tokens = this.#submit(this.#submitted, count);
      tokens.catch(() => {}); // Read in order; an earlier failure must not leave this one unhandled.
      this.#pending.push({ count, tokens });
      this.#submitted += count;
      this.#inFlight += count;
    }
  }

  /**
   * Deep enough to hide a browser's read-back latency behind running steps, shallow enough that what an abort leaves
   * running is done within about 1/20 s or one step.
   */
  #adapt(count: number): void {
    const now = performance.now();
    // The first token arrives after a prefill, which says nothing about a step.
    if (this.#lastArrival !== undefined) {
      const elapsed = (now - this.#lastArrival) / count;
      this.#stepMs = this.#stepMs === undefined ? elapsed : 0.8 * this.#stepMs + 0.2 * elapsed;
      this.#ahead = Math.max(2, Math.min(mostAtOnce, Math.round(50 / this.#stepMs)));
    }
    this.#lastArrival = now;
  }
}
