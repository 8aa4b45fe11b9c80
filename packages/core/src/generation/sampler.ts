import {
  argmaxPartials,
  type BufferSlice,
  compileKernel,
  compileSample,
  type GpuContext,
  type GpuMemory,
  type Kernel,
  type KernelSpec,
  logprobs,
  logprobsBytes,
  logprobsPartial,
  logprobsPartials,
  noToken,
  type Recorder,
  readLogprobs,
  recordSample,
  type SampleBuffers,
  type SampleKernels,
  type SamplingOptions,
  sampleStateBytes,
  samplingBytes,
  samplingWords,
  seenWords,
  type TokenLogprobs,
} from '@tama/kernels-wgsl';
import { OptionError } from '../errors.ts';
import { integerFrom } from '../expectation.ts';
import type { GpuKernels } from '../gemma2/gpu-kernels.ts';

/** How the next token is chosen: the most likely one, or drawn. And what is told of its probability. */
export type SamplerKind = {
  readonly choice: 'greedy' | 'sampled';
  /** How many of the most likely tokens come with their log-probabilities; undefined: none, nor that of the chosen one. */
  readonly logprobs: number | undefined;
};

/** A token as the sampler chose it. */
export type ChosenToken = { readonly id: number; readonly logprobs?: TokenLogprobs };

/** What a request asks of the sampler. */
export type ChoiceOptions = SamplingOptions & { readonly logprobs?: number };

/** Logits [V] of one row. */
export type LogitsRow = { readonly buffer: BufferSlice; readonly softcap?: number | undefined };

/** The id that comes back when no logit is a number. */
export const notAToken = noToken;

/** Most tokens that are read back at once. */
export const mostAtOnce = 8;

/** Rows of the passes that verify guesses: as many as fill the smaller one, or up to {@link mostAtOnce}. */
export const verifiedRows = [4, mostAtOnce] as const;

/** Most likely tokens whose log-probabilities can be asked for. */
const mostLogprobs = 20;

/** More slots than steps are ever in flight. */
const ringLength = 64;

type Compiled<S> = S extends KernelSpec<infer P, infer B> ? Kernel<P, B> : never;
type LogprobKernels = {
  readonly partial: Compiled<typeof logprobsPartial>;
  readonly gather: Compiled<typeof logprobs>;
};

/** What the sampler reads and writes besides the logits: its parameters, scratch, and the ring of chosen ids. */
export class Sampler {
  readonly #vocabularySize: number;
  readonly #partials: GPUBuffer;
  readonly #logprobPartials: GPUBuffer;
  /** [ringLength] slots, of as many entries as a recording asks for. */
  readonly #logprobs: GPUBuffer;
  readonly #buffers: Omit<SampleBuffers, 'logits'> & { readonly [B in 'generated' | 'sampling' | 'seen']: GPUBuffer };

  #sampleKernels: SampleKernels | undefined;
  #logprobKernels: LogprobKernels | undefined;

  /** @param step, tokens what the last dispatch moves on, see common/step.wgsl */
  constructor(memory: Pick<GpuMemory, 'storage'>, vocabularySize: number, step: GPUBuffer, tokens: GPUBuffer) {
    this.#vocabularySize = vocabularySize;
    this.#partials = memory.storage('argmax partials', 8 * argmaxPartials(vocabularySize));
    this.#logprobPartials = memory.storage(
      'logprob partials',
      8 * logprobsPartials(vocabularySize) * (1 + mostLogprobs),
    );
    this.#logprobs = memory.storage('logprobs', ringLength * logprobsBytes(mostLogprobs));
    const words = (label: string, count: number) => memory.storage(label, 4 * count);
    this.#buffers = {
      step,
      tokens,
      generated: words('generated', ringLength),
      sampling: memory.storage('sampling', samplingBytes),
      seen: words('seen tokens', vocabularySize),
      adjusted: words('adjusted logits', vocabularySize),
      candidates: words('candidates', 2 * vocabularySize),
      state: memory.storage('sampler state', sampleStateBytes),
    };
  }

  /** Appends the dispatches that choose the next token from a row of logits and move the step on. */
  record(kind: SamplerKind, recorder: Pick<Recorder, 'dispatch'>, kernels: GpuKernels, row: LogitsRow): void {
    const { step, tokens, generated } = this.#buffers;
    const { buffer: logits, softcap = 0 } = row;
    const width = this.#vocabularySize;
    const ring = ringLength;
    if (kind.choice === 'sampled') {
      // `configure` has compiled them before it names this kind.
      recordSample(recorder, this.#sampleKernels!, { ...this.#buffers, logits }, { width, softcap, ring });
    } else {
      const partials = this.#partials;
      recorder.dispatch(kernels.argmaxPartial, { logits, partials }, { width });
      const params = { count: argmaxPartials(width), ring };
      recorder.dispatch(kernels.argmax, { partials, step, tokens, generated }, params);
    }
    if (kind.logprobs !== undefined) {
      const { partial, gather } = this.#logprobKernels!;
      const top = kind.logprobs;
      const buffers = { logits, partials: this.#logprobPartials, step, generated, logprobs: this.#logprobs };
      recorder.dispatch(partial, buffers, { width, top, softcap });
      recorder.dispatch(gather, buffers, { blocks: logprobsPartials(width), top, ring, softcap });
    }
  }

  /** Bytes that {@link copyTokens} needs at the most. */
  static readonly readbackBytes = mostAtOnce * (4 + logprobsBytes(mostLogprobs));

  /** Copies what was chosen as tokens `slot` … `slot + count - 1`, at most {@link mostAtOnce}, to where it is read. */
  copyTokens(kind: SamplerKind, encoder: GPUCommandEncoder, slot: number, count: number, to: GPUBuffer): void {
    const first = slot % ringLength;
    const before = Math.min(count, ringLength - first); // those up to the end of the ring
    const copy = (from: GPUBuffer, bytes: number, offset: number) => {
      encoder.copyBufferToBuffer(from, first * bytes, to, offset, before * bytes);
      if (before < count) encoder.copyBufferToBuffer(from, 0, to, offset + before * bytes, (count - before) * bytes);
    };
    copy(this.#buffers.generated, 4, 0);
    if (kind.logprobs !== undefined) copy(this.#logprobs, logprobsBytes(kind.logprobs), 4 * count);
  }

  /** Reads what {@link copyTokens} has copied. */
  static readTokens(kind: SamplerKind, count: number, bytes: ArrayBuffer): ChosenToken[] {
    const words = new Uint32Array(bytes);
    return Array.from({ length: count }, (_, i): ChosenToken => {
      const id = words[i]!;
      if (kind.logprobs === undefined) return { id };
      const length = logprobsBytes(kind.logprobs) / 4;
      return { id, logprobs: readLogprobs(words.subarray(count + i * length, count + (i + 1) * length)) };
    });
  }

  /**
   * Sets how tokens are chosen from now on. Without a seed one is drawn. The first request that samples compiles the
   * kernels for it, the first one for log-probabilities those; a model that is closed meanwhile is left alone.
   *
   * @returns which recording does it
   * @throws {SamplingError} @throws {OptionError}
   */
  async configure(
    { device, features }: GpuContext,
    options: ChoiceOptions,
    prompt: readonly number[],
    isClosed: () => boolean,
  ): Promise<SamplerKind> {
    const { temperature = 0, seed = randomSeed(), logprobs: top } = options;
    const words = samplingWords({ ...options, temperature, seed });
    for (const id of options.logitBias?.keys() ?? []) {
      if (id < this.#vocabularySize) continue;
      throw new OptionError('logitBias', id, integerFrom(0, this.#vocabularySize - 1));
    }
    if (top !== undefined) {
      if (!Number.isInteger(top) || top < 0 || top > mostLogprobs) {
        throw new OptionError('logprobs', top, integerFrom(0, mostLogprobs));
      }
      this.#logprobKernels ??= await compileLogprobs({ device, features });
    }
    if (temperature === 0 && !hasPenalties(options) && !options.logitBias?.size) {
      return { choice: 'greedy', logprobs: top };
    }
    this.#sampleKernels ??= await compileSample(device, { features });
    const kind = { choice: 'sampled', logprobs: top } as const;
    if (isClosed()) return kind;
    device.queue.writeBuffer(this.#buffers.sampling, 0, words);
    // Counts are read only by penalties, and take as many bytes as the logits.
    if (hasPenalties(options)) {
      device.queue.writeBuffer(this.#buffers.seen, 0, seenWords(this.#vocabularySize, prompt));
    }
    return kind;
  }
}

async function compileLogprobs({ device, features }: Pick<GpuContext, 'device' | 'features'>): Promise<LogprobKernels> {
  const [partial, gather] = await Promise.all([
    compileKernel(device, logprobsPartial, { features }),
    compileKernel(device, logprobs, { features }),
  ]);
  return { partial, gather };
}

/** Whether a choice depends on the tokens chosen before it. */
export const hasPenalties = (options: SamplingOptions): boolean => {
  const { repetitionPenalty = 1, presencePenalty = 0, frequencyPenalty = 0 } = options;
  return repetitionPenalty !== 1 || presencePenalty !== 0 || frequencyPenalty !== 0;
};

const randomSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0]!;
