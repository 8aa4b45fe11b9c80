import { SamplingError } from './sampling-error.ts';

/**
 * How the next token is drawn. In this order: bias and penalties, temperature, top-k, top-p, min-p; what is left is
 * renormalised. Every option is off unless given.
 */
export type SamplingOptions = {
  /** Logits are divided by this, default 1. 0 takes the most likely token. */
  readonly temperature?: number;
  /** Keep the k most likely tokens; 0 keeps all. */
  readonly topK?: number;
  /** Keep the fewest most likely tokens whose probability, among those that top-k kept, reaches p; 1 keeps all. */
  readonly topP?: number;
  /** Drop tokens with less than this share of the largest probability; 0 keeps all. */
  readonly minP?: number;
  /** Divides positive and multiplies negative logits of tokens of the prompt and of the answer so far; 1 is off. */
  readonly repetitionPenalty?: number;
  /** Subtracted from the logits of tokens of the answer so far. */
  readonly presencePenalty?: number;
  /** Subtracted as many times as the token is in the answer so far. */
  readonly frequencyPenalty?: number;
  /** Added to logits, by token id; -Infinity forbids a token. At most {@link maximumBiases}. */
  readonly logitBias?: ReadonlyMap<number, number>;
  /** An integer; its low 64 bits count. The same seed, adapter and logits give the same tokens. */
  readonly seed?: number | bigint;
};

export const maximumBiases = 1024;

/** Distances below the largest logit, over the temperature, from which on a token counts as impossible: see the kernels. */
export const reachLimit = 32;

const headerWords = 12;

/** Size of the `sampling` buffer. */
export const samplingBytes = 4 * (headerWords + 2 * maximumBiases);

/** Most tokens of a vocabulary that the sampler can take: its first dispatch leaves one maximum for each 2,048. */
export const maximumVocabulary = 512 * 1024;

/** The content of the kernels' `sampling` buffer, to be written at its start once a request. @throws {SamplingError} */
export function samplingWords(options: SamplingOptions): Uint32Array<ArrayBuffer> {
  const { temperature, topK, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty } = checked(options);
  const biases = [...(options.logitBias ?? [])].sort(([a], [b]) => a - b);
  const seed = BigInt.asUintN(64, BigInt(options.seed ?? 0));
  const words = new Uint32Array(headerWords + 2 * biases.length);
  const floats = new Float32Array(words.buffer);
  words[0] = Number(seed & 0xffff_ffffn);
  words[1] = Number(seed >> 32n);
  floats[2] = temperature === 0 ? 1 : 1 / temperature;
  words[3] = temperature === 0 ? 1 : topK;
  floats[4] = topP;
  floats[5] = minP === 0 ? reachLimit : Math.min(-Math.log(minP), reachLimit);
  floats[6] = repetitionPenalty;
  floats[7] = 1 / repetitionPenalty;
  floats[8] = presencePenalty;
  floats[9] = frequencyPenalty;
  words[10] = biases.length;
  for (const [i, [id, value]] of biases.entries()) {
    words[headerWords + 2 * i] = id;
    floats[headerWords + 2 * i + 1] = Math.max(value, -lowest);
  }
  return words;
}

// The largest f32: shaders may not count on infinities.
const lowest = 3.4028234663852886e38;

type CheckedOptions = Required<Omit<SamplingOptions, 'logitBias' | 'seed'>>;

function checked(options: SamplingOptions): CheckedOptions {
  const {
    temperature = 1,
    topK = 0,
    topP = 1,
    minP = 0,
    repetitionPenalty = 1,
    presencePenalty = 0,
    frequencyPenalty = 0,
    logitBias = new Map<number, number>(),
    seed = 0,
  } = options;
  const check = (holds: boolean, option: string, value: unknown, allowed: string): void => {
    if (!holds) throw new SamplingError(option, value, allowed);
  };
  const between = (value: number, low: number, high: number): boolean =>
    typeof value === 'number' && value >= low && value <= high;
  check(temperature === 0 || between(temperature, 1e-6, 1e6), 'temperature', temperature, '0, 1e-6 … 1e6');
  check(Number.isInteger(topK) && between(topK, 0, 2 ** 31), 'topK', topK, '0, 1, 2, …');
  check(between(topP, 0, 1), 'topP', topP, '0 … 1');
  check(between(minP, 0, 1), 'minP', minP, '0 … 1');
  check(between(repetitionPenalty, 1e-3, 1e3), 'repetitionPenalty', repetitionPenalty, '0.001 … 1000');
  check(between(presencePenalty, -1e3, 1e3), 'presencePenalty', presencePenalty, '-1000 … 1000');
  check(between(frequencyPenalty, -1e3, 1e3), 'frequencyPenalty', frequencyPenalty, '-1000 … 1000');
  check(typeof seed === 'bigint' || Number.isSafeInteger(seed), 'seed', seed, '…, -1, 0, 1, …');
  check(logitBias.size <= maximumBiases, 'logitBias.size', logitBias.size, `0 … ${maximumBiases}`);
  for (const [id, value] of logitBias) {
    check(
      Number.isInteger(id) && between(id, 0, maximumVocabulary - 1),
      'logitBias',
      id,
      `0 … ${maximumVocabulary - 1}`,
    );
    check(value === -Infinity || between(value, -1e3, 1e3), `logitBias[${id}]`, value, '-Infinity, -1000 … 1000');
  }
  return { temperature, topK, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty };
}

const inPrompt = 0x8000_0000;

/**
 * The content of the kernels' `seen` buffer, [width]: which tokens the prompt has, and how many times the answer so far
 * has each. The sampler keeps it up to date from there. Needed only when a penalty is on.
 */
export function seenWords(
  width: number,
  prompt: Iterable<number>,
  answer: Iterable<number> = [],
): Uint32Array<ArrayBuffer> {
  const seen = new Uint32Array(width);
  for (const id of prompt) seen[id] = inPrompt;
  for (const id of answer) seen[id]! += 1;
  return seen;
}
