import { type ChosenToken, mostAtOnce } from './sampler.ts';
import type { TokenStream } from './token-stream.ts';

/** Guesses what comes next. */
export interface Drafter {
  /** At most `count` tokens that may follow `tokens`; none where it has no idea. */
  propose(tokens: readonly number[], count: number): Promise<readonly number[]> | readonly number[];
}

/** What {@link SpeculativeDecoder} needs of a model. */
export type Verifier = {
  /** Chooses the first token of the reply. */
  readonly prefill: () => Promise<ChosenToken>;
  /**
   * Takes in `tokens` at positions `start`… in one pass, and chooses after each of them the token that decoding step by
   * step would choose there, the first one as token `slot` of the reply.
   */
  readonly verify: (tokens: readonly number[], start: number, slot: number) => Promise<readonly ChosenToken[]>;
};

/**
 * Speculative decoding (Leviathan et al., 2023): several guessed tokens go through the model in one pass, and those
 * that it would have chosen itself are kept, with the token that it chose after them.
 *
 * The model chooses at every position by the draw that belongs to the position, whether a guess is right or not. So
 * greedy tokens are the same as without, and sampled ones too, for the same seed: their distribution is kept. A guess
 * is accepted with the probability the model gives it, the most that is possible for a guess without a distribution.
 */
export class SpeculativeDecoder implements TokenStream {
  readonly #verifier: Verifier;
  readonly #drafter: Drafter;
  readonly #tokens: number[];
  readonly #promptLength: number;
  readonly #limit: number;
  readonly #ready: ChosenToken[] = [];
  #running: Promise<unknown> = Promise.resolve();
  #drafted = 0;
  #accepted = 0;
  #fed = 0;
  #touched = 0;
  #reach = 4;

  /** @param limit most tokens to decode */
  constructor(verifier: Verifier, drafter: Drafter, prompt: readonly number[], limit: number) {
    this.#verifier = verifier;
    this.#drafter = drafter;
    this.#tokens = [...prompt];
    this.#promptLength = prompt.length;
    this.#limit = limit;
  }

  get fed(): number {
    return this.#fed;
  }

  get touched(): number {
    return this.#touched;
  }

  /** Guesses so far, and how many were right. */
  get guesses(): { readonly drafted: number; readonly accepted: number } {
    return { drafted: this.#drafted, accepted: this.#accepted };
  }

  async next(): Promise<ChosenToken | undefined> {
    if (this.#ready.length === 0) {
      const step = this.#step();
      this.#running = step.catch(() => {});
      this.#ready.push(...(await step));
    }
    return this.#ready.shift();
  }

  async drain(): Promise<void> {
    await this.#running;
  }

  async #step(): Promise<readonly ChosenToken[]> {
    const slot = this.#tokens.length - this.#promptLength;
    if (slot >= this.#limit) return [];
    if (slot === 0) {
      const first = await this.#verifier.prefill();
      this.#tokens.push(first.id);
      return [first];
    }
    const most = Math.min(this.#reach, this.#limit - slot - 1);
    const draft = most > 0 ? (await this.#drafter.propose(this.#tokens, most)).slice(0, most) : [];
    const tokens = [this.#tokens.at(-1)!, ...draft];
    const chosen = await this.#verifier.verify(tokens, this.#tokens.length - 1, slot);
    let right = 0;
    while (right < draft.length && chosen[right]!.id === draft[right]) right++;
    const kept = chosen.slice(0, right + 1);
    this.#tokens.push(...kept.map(({ id }) => id));
    this.#drafted += draft.length;
    this.#accepted += right;
    this.#fed = slot + right;
    this.#touched = Math.max(this.#touched, slot + draft.length);
    // Long guesses where they hold, short ones where they do not.
    if (draft.length > 0) this.#reach = right === draft.length ? mostAtOnce - 1 : Math.max(2, right + 1);
    return kept;
  }
}
