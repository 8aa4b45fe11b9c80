import {
  argmaxPartials,
  compileSample,
  type GpuContext,
  type GpuMemory,
  noToken,
  type Recorder,
  recordSample,
  type SampleBuffers,
  type SampleKernels,
  type SamplingOptions,
  sampleStateBytes,
  samplingBytes,
  samplingWords,
  seenWords,
} from '@tama/kernels-wgsl';
import type { GpuKernels } from '../gemma2/gpu-kernels.ts';
import type { GpuTensor } from '../gemma2/gpu-ops.ts';

/** How the next token is chosen: the most likely one, or drawn. */
export type SamplerKind = 'greedy' | 'sampled';

/** The id that comes back when no logit is a number. */
export const notAToken = noToken;

/** More slots than steps are ever in flight. */
const ringLength = 64;

/** What the sampler reads and writes besides the logits: its parameters, scratch, and the ring of chosen ids. */
export class Sampler {
  readonly #vocabularySize: number;
  readonly #partials: GPUBuffer;
  readonly #buffers: Omit<SampleBuffers, 'logits'> & { readonly [B in 'generated' | 'sampling' | 'seen']: GPUBuffer };

  #kernels: SampleKernels | undefined;

  /** @param step, tokens what the last dispatch moves on, see common/step.wgsl */
  constructor(memory: Pick<GpuMemory, 'storage'>, vocabularySize: number, step: GPUBuffer, tokens: GPUBuffer) {
    this.#vocabularySize = vocabularySize;
    this.#partials = memory.storage('argmax partials', 8 * argmaxPartials(vocabularySize));
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

  /** The id chosen as token `slot`: where to copy it from. */
  idOf(slot: number): { readonly buffer: GPUBuffer; readonly offset: number } {
    return { buffer: this.#buffers.generated, offset: 4 * (slot % ringLength) };
  }

  /** Appends the dispatches that choose the next token from `logits` [V] and move the step on. */
  record(kind: SamplerKind, recorder: Recorder, kernels: GpuKernels, { buffer: logits, softcap = 0 }: GpuTensor): void {
    const { step, tokens, generated } = this.#buffers;
    const width = this.#vocabularySize;
    if (kind === 'sampled') {
      // `configure` has compiled them before it names this kind.
      recordSample(recorder, this.#kernels!, { ...this.#buffers, logits }, { width, softcap, ring: ringLength });
      return;
    }
    recorder.dispatch(kernels.argmaxPartial, { logits, partials: this.#partials }, { width });
    recorder.dispatch(
      kernels.argmax,
      { partials: this.#partials, step, tokens, generated },
      { count: argmaxPartials(width), ring: ringLength },
    );
  }

  /**
   * Sets how tokens are chosen from now on. Without a seed one is drawn. The first request that samples compiles the
   * kernels for it.
   *
   * @returns which recording does it
   * @throws {SamplingError}
   */
  async configure(
    { device, features }: GpuContext,
    options: SamplingOptions,
    prompt: readonly number[],
  ): Promise<SamplerKind> {
    const { temperature = 0, seed = randomSeed() } = options;
    const words = samplingWords({ ...options, temperature, seed });
    const { repetitionPenalty = 1, presencePenalty = 0, frequencyPenalty = 0, logitBias } = options;
    const penalties = repetitionPenalty !== 1 || presencePenalty !== 0 || frequencyPenalty !== 0;
    if (temperature === 0 && !penalties && !logitBias?.size) return 'greedy';
    this.#kernels ??= await compileSample(device, { features });
    device.queue.writeBuffer(this.#buffers.sampling, 0, words);
    // Counts are read only by penalties, and take as many bytes as the logits.
    if (penalties) device.queue.writeBuffer(this.#buffers.seen, 0, seenWords(this.#vocabularySize, prompt));
    return 'sampled';
  }
}

const randomSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0]!;
