import { mostAtOnce } from './sampler.ts';

/**
 * What a pass over so many rows takes, in decode steps: as much as on an adapter that is bound by neither memory nor
 * arithmetic alone (llvmpipe takes 1.1 to 1.5 and 1.5 to 2.1). It is not measured as tokens are generated, because
 * what is generated must not depend on a clock, and other rows round otherwise.
 */
const passCost = (rows: number): number => (rows === 1 ? 1 : rows <= 4 ? 1.2 : 1.6);

/** What earlier passes count beside the last. */
const remembered = 0.9;
/** By so much a token that was decoded without guesses takes the estimate back to where it began. */
const forgotten = 0.02;

/** How many guesses are worth their pass, by how many were right of late. */
export class GuessCount {
  // As if one guess had been right and one wrong.
  #right = 1;
  #wrong = 1;

  /**
   * The number of guesses, at most `most`, that gives most tokens a time; 0 where none gives more than decoding does.
   *
   * @param cost of a guess, in decode steps
   */
  best(most: number, cost: number): number {
    const probability = this.#right / (this.#right + this.#wrong);
    let [best, bestRate] = [0, 1];
    let tokens = 1; // that a pass gives: the guesses up to the first wrong one, and one more
    for (let guesses = 1; guesses <= Math.min(most, mostAtOnce - 1); guesses++) {
      tokens += probability ** guesses;
      const rate = tokens / (passCost(1 + guesses) + guesses * cost);
      if (rate > bestRate) [best, bestRate] = [guesses, rate];
    }
    return best;
  }

  /** A pass found the first `right` of its guesses right; those after the first wrong one tell nothing. */
  checked(guesses: number, right: number): void {
    this.#right = remembered * this.#right + right;
    this.#wrong = remembered * this.#wrong + (right < guesses ? 1 : 0);
  }

  /** A token was decoded without guesses: what made them wrong may be over. */
  skipped(): void {
    this.#right += forgotten * (1 - this.#right);
    this.#wrong += forgotten * (1 - this.#wrong);
  }
}
