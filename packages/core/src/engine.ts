import type { SamplingOptions, TokenLogprobs } from '@tama/kernels-wgsl';
import type { ChatMessage } from '@tama/tokenizer';
import type { LoadedWeights } from './convert/quantised-tensors.ts';
import type { Gemma2Config, Warning } from './gemma2/config.ts';
import type { TuningMode } from './tuning/decide.ts';
import type { Tuned } from './tuning/tune-chunk.ts';
import type { TuningStore } from './tuning/tuning-store.ts';

/**
 * What a loaded model can do. The same interface is implemented in the thread that owns the GPU device
 * ({@link loadGemma}) and by the client of a worker that does, so that applications do not see the difference.
 */
export interface Engine {
  readonly info: ModelInfo;

  /**
   * Generates a continuation of the prompt, token by token. Work happens only while the caller iterates; leaving the
   * loop or aborting `options.signal` stops it within one step. One generation runs at a time; later calls wait.
   * The part of the prompt that is already in the KV cache is not computed again.
   */
  generate(prompt: Prompt, options?: GenerateOptions): AsyncIterable<GenerateEvent>;

  /** Logits after the final soft-cap at the wanted positions of `tokens`: one Float32Array of length V a position. */
  logits(tokens: readonly number[], positions: 'all' | 'last' | readonly number[]): Promise<Float32Array[]>;

  /** Ids of the prompt as {@link generate} would feed them, control tokens included. */
  tokenize(prompt: Prompt): Promise<number[]>;

  /** Releases every GPU buffer and file. Running generations end with finish reason `abort`. */
  close(): Promise<void>;
}

/** Raw text (bos is put before it), a conversation (Gemma 2's template is applied), or ids as they are. */
export type Prompt = string | { readonly messages: readonly ChatMessage[] } | { readonly tokens: readonly number[] };

/** Sampling: greedy unless a temperature above 0 is given; a random seed unless one is given. */
export type GenerateOptions = SamplingOptions & {
  /** At most this many new tokens. Default: until the context is full. */
  readonly maxTokens?: number;
  /** Do not stop at `<eos>` and `<end_of_turn>`. */
  readonly ignoreEos?: boolean;
  /**
   * Tokens come with their log-probabilities, and with those of so many of the most likely tokens, at most 20. Of the
   * model's own distribution: before temperature, penalties and bias.
   */
  readonly logprobs?: number;
  /**
   * Guess tokens and verify several in one pass, without a change of what is generated but for the rounding of near
   * ties: from earlier text that looks the same, or by a smaller model with the same vocabulary (not across a worker
   * boundary). Penalties need every token before the next, and turn it off. Default: off.
   */
  readonly speculation?: 'prompt-lookup' | { readonly draft: Engine };
  /** Decode steps that run ahead of their reading, 1 to 8. Default: as many as hide the reading behind the GPU's work. */
  readonly stepsAhead?: number;
  readonly signal?: AbortSignal;
};

/** `stop`: the model ended its turn. `length`: maxTokens or the context is reached. `abort`: the caller stopped it. */
export type FinishReason = 'stop' | 'length' | 'abort';

export type GenerateEvent =
  /** Prefill is under way: `processed` of `total` prompt tokens are in the KV cache, `cached` of them from before. */
  | { readonly type: 'prefill'; readonly processed: number; readonly total: number; readonly cached: number }
  /** One token. `text` is what it adds for the reader: empty while a character is incomplete. */
  | { readonly type: 'token'; readonly id: number; readonly text: string; readonly logprobs?: TokenLogprobs }
  /**
   * The last event. `ids` leaves out the stop token. `text` is the decoding of all `ids`: the texts before it, and what
   * was still held back of an incomplete character.
   */
  | {
      readonly type: 'finish';
      readonly reason: FinishReason;
      readonly ids: readonly number[];
      readonly text: string;
      readonly usage: Usage;
    };

export type Usage = {
  readonly promptTokens: number;
  /** Prompt tokens that were still in the KV cache. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
  /** Where tokens were guessed: how many, and how many were right. */
  readonly speculation?: { readonly drafted: number; readonly accepted: number };
};

export type ModelInfo = {
  /** File or folder name, or the name the checkpoint gives itself. */
  readonly name: string;
  readonly format: string;
  readonly config: Gemma2Config;
  /** Tokens the KV cache holds: prompt and reply together. */
  readonly contextLength: number;
  readonly parameters: number;
  /** Bytes of weights and of KV cache on the GPU. */
  readonly weightBytes: number;
  readonly cacheBytes: number;
  readonly hasTokenizer: boolean;
  readonly adapter: AdapterSummary;
  /** Rows of a prefill chunk. */
  readonly prefillChunk?: number;
  /** What tuning has chosen: variants of kernels, and the rows of a prefill chunk. */
  readonly tuned?: readonly Tuned[];
  /** What the reader should know, e.g. a corrected value of the configuration. */
  readonly warnings: readonly Warning[];
};

export type AdapterSummary = {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** Which variants of the kernels run: f16 KV cache, subgroup operations. */
  readonly f16: boolean;
  readonly subgroups: boolean;
};

export type LoadProgress = {
  readonly phase: 'open' | 'weights' | 'compile' | 'ready';
  /** Bytes of weights so far and in all; both 0 while unknown. */
  readonly loadedBytes: number;
  readonly totalBytes: number;
};

export type LoadOptions = {
  /** Tokens the KV cache holds, prompt and reply together: at least 2. Default: what the model was trained for, at most 8192. */
  readonly context?: number;
  /** `f32` forces the plain path: f32 KV cache, no f16, no subgroups, no subgroup matrices. Default `auto`. */
  readonly device?: 'auto' | 'f32';
  /**
   * Quantises float weights while they are loaded: `q8` to 8 bits; `q4` to 4 bits, the embedding to 6. Default: weights
   * stay as they are stored. Fails with an {@link AlreadyQuantisedError} where they are not floats.
   */
  readonly weights?: LoadedWeights;
  /** sqrt(hidden size) rounded to bfloat16, as Gemma 2 was trained, or exact, as llama.cpp computes. */
  readonly embeddingScale?: 'bfloat16' | 'exact';
  /** Rows of one prefill chunk, at most 512. Default: 128, or more where tuning found it faster; on a software adapter 64. */
  readonly prefillChunk?: number;
  /**
   * Tokens by which a conversation longer than the sliding window can go back, to an edit or another branch, without
   * being computed from its beginning. They take memory in every local layer. Default 1024.
   */
  readonly rollback?: number;
  /** For sources such as `hf:OWNER/REPO`: which hub (default https://huggingface.co), and an access token for it. */
  readonly hub?: { readonly endpoint?: string; readonly token?: string };
  /**
   * Bytes of graphics memory that the model may take: loading fails with a {@link ModelTooLargeError}, which says what
   * would fit, before anything is allocated. WebGPU does not tell how much there is; default: no limit.
   */
  readonly memoryBudget?: number;
  /** Counts in that budget what a first generation with `speculation` takes besides: the logits of twelve tokens, mostly, 12 MB. */
  readonly speculation?: boolean;
  /**
   * Choosing variants of kernels by a short measurement: `auto` (default) uses what was measured before on this adapter,
   * and measures once, about a second, where the result can be kept and the adapter has timestamps and is not a software
   * one; `now` measures again; `off` takes the defaults.
   */
  readonly tuning?: TuningMode;
  /** Where its results are kept. Default: the browser's Cache API; in Node nowhere. Does not cross a worker boundary. */
  readonly tuningStore?: TuningStore;
  /** Where WebGPU comes from. Default `navigator.gpu`; Node passes Dawn's. Does not cross a worker boundary. */
  readonly gpu?: GPU;
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal;
};
