import type { ChosenToken } from './sampler.ts';

/** The tokens of a reply one after the other, in whatever way they are decoded. */
export interface TokenStream {
  /** The next token, or undefined when as many have been read as were asked for, or it was aborted. */
  next(): Promise<ChosenToken | undefined>;

  /** Resolves when nothing of it runs on the GPU any more; rejects if what was not read yet has failed. */
  drain(): Promise<void>;

  /** How many of its tokens the KV cache has taken in. */
  readonly fed: number;

  /** How many positions of the KV cache, from that of its first token on, it has written at some time. */
  readonly touched: number;
}
