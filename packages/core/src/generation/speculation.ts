import { GuessCount } from './guess-count.ts';
import type { ChosenToken } from './sampler.ts';
import type { TokenStream } from './token-stream.ts';

/** Guesses what comes next. */
export interface Drafter {
  /** What a guess costs, in decode steps of the model that checks it. */
  readonly cost: number;

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
  /** Behind a pass over one token, or another such step: takes in what that chooses, and chooses token `slot`. */
  readonly decode: (slot: number) => Promise<readonly ChosenToken[]>;
};

/**
 * Speculative decoding (Leviathan et al., 2023): several guessed tokens go through the model in one pass, and those
 * that it would have chosen itself are kept, with the token that it chose after them. While nothing can be guessed, or
 * guesses are wrong too often to be worth it, it decodes as without.
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
  readonly #guessCount = new GuessCount();
  /** Steps without guesses that are on their way. */
  readonly #steps: Promise<readonly ChosenToken[]>[] = [];
  #running: Promise<unknown> = Promise.resolve();
  #drafted = 0;
  #accepted = 0;
  #fed = 0;
  #touched = 0;

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
    return Math.max(this.#fed, this.#touched);
  }

  /** Guesses so far, and how many were right. */
  get guesses(): { readonly drafted: number; readonly accepted: number } {
    return { drafted: this.#drafted, accepted: this.#accepted };
  }

  async next(): Promise<ChosenToken | undefined> {
    if (this.#ready.length === 0) {
      const round = this.#round();
      this.#running = round.catch(() => {});
      const chosen = await round;
      this.#tokens.push(...chosen.map(({ id }) => id));
      this.#ready.push(...chosen);
    }
    return this.#ready.shift();
  }

  async drain(): Promise<void> {
    await this.#running;
    await Promise.all(this.#steps);
  }

  async #round(): Promise<readonly ChosenToken[]> {
    const slot = this.#tokens.length - this.#promptLength;
    if (slot >= this.#limit) return [];
    if (slot === 0) return [await this.#verifier.prefill()];
    const guesses = await this.#guess(slot);
    if (guesses.length > 0 && this.#steps.length === 0) return this.#check(guesses, slot);
    // While the host looks for a guess, a step runs; what is found has to wait for it, and is then looked for again.
    if (guesses.length === 0) this.#runAhead(slot);
    const token = await this.#steps.shift()!;
    this.#guessCount.skipped();
    return token;
  }

  async #guess(slot: number): Promise<readonly number[]> {
    const count = this.#guessCount.best(this.#limit - slot - 1, this.#drafter.cost);
    return count === 0 ? [] : (await this.#drafter.propose(this.#tokens, count)).slice(0, count);
  }

  async #check(guesses: readonly number[], slot: number): Promise<readonly ChosenToken[]> {
    const tokens = [this.#tokens.at(-1)!, ...guesses];
    const chosen = await this.#verifier.verify(tokens, this.#tokens.length - 1, slot);
    let right = 0;
    while (right < guesses.length && chosen[right]!.id === guesses[right]) right++;
    this.#drafted += guesses.length;
    this.#accepted += right;
    this.#fed = slot + right;
    this.#touched = Math.max(this.#touched, slot + guesses.length);
    this.#guessCount.checked(guesses.length, right);
    return chosen.slice(0, right + 1);
  }

  /** Submits steps from that of token `slot` on until two are on their way. */
  #runAhead(slot: number): void {
    const { verify, decode } = this.#verifier;
    for (let next = slot + this.#steps.length; next < Math.min(slot + 2, this.#limit); next++) {
      const step = next === slot ? verify([this.#tokens.at(-1)!], this.#tokens.length - 1, slot) : decode(next);
      step.catch(() => {}); // Read in order; an earlier failure must not leave this one unhandled.
      this.#steps.push(step);
      this.#fed = next;
    }
  }
}
