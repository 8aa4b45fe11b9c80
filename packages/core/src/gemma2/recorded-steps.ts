import { type GpuMemory, pitchOf, Recorder, type Recording } from '@tama/kernels-wgsl';
import type { Sampler, SamplerKind } from '../generation/sampler.ts';
import { forward } from './forward.ts';
import { GpuOps, type GpuState, type GpuTensor } from './gpu-ops.ts';
import type { GpuMatrix } from './gpu-weights.ts';
import type { Gemma2Weights } from './weights.ts';

/** A forward pass, and what is done with its logits. */
type Step = { readonly recording: Recording; readonly logits: GpuTensor | undefined };

/** A step with logits for all its rows, and the sampler for each of them. */
type VerificationPass = { readonly recording: Recording; readonly rowSamplers: readonly Recording[] };

/** Which rows go through the output head: see `forward`. */
type Head = 'last' | 'all' | 'none';

/** The steps of a model, each recorded at its first use. */
export class RecordedSteps {
  readonly #memory: GpuMemory;
  readonly #state: GpuState;
  readonly #weights: Gemma2Weights<GpuMatrix, GPUBuffer>;
  readonly #sampler: Sampler;
  readonly #steps = new Map<string, Step>();
  readonly #passes = new Map<string, VerificationPass>();

  constructor(memory: GpuMemory, state: GpuState, weights: Gemma2Weights<GpuMatrix, GPUBuffer>, sampler: Sampler) {
    this.#memory = memory;
    this.#state = state;
    this.#weights = weights;
    this.#sampler = sampler;
  }

  /** A step of at most `rows` rows, with logits of those that `head` says, and a sampler on them if one is given. */
  step(rows: number, head: Head, sampler?: SamplerKind): Step {
    return this.#recorded(`${rows} ${head} ${sampler ? nameOf(sampler) : ''}`, (recorder) => {
      const ops = new GpuOps(this.#state, recorder, rows);
      const logits = forward(ops, this.#weights, this.#state.config, head);
      if (logits && sampler) this.#sampler.record(sampler, recorder, this.#state.kernels, logits);
      return logits && !sampler ? ops.applySoftcap(logits) : logits;
    });
  }

  /** A pass over `rows` guessed tokens. @throws {GpuMemoryError} */
  async verification(rows: number, sampler: SamplerKind): Promise<VerificationPass> {
    const name = `${rows} ${nameOf(sampler)}`;
    const known = this.#passes.get(name);
    if (known) return known;
    const pass = await this.checked('speculation', () => this.#recordVerification(rows, sampler));
    this.#passes.set(name, pass);
    return pass;
  }

  /**
   * Records what loading has not tried. Where there is no memory for it, nothing of it stays for the next try.
   *
   * @throws {GpuMemoryError}
   */
  async checked<T>(label: string, record: () => T): Promise<T> {
    const steps = new Set(this.#steps.keys());
    const { activations } = this.#state;
    const buffers = new Set([...activations.values()].flat());
    try {
      return await this.#memory.check(label, record);
    } catch (error) {
      for (const [name, { recording }] of this.#steps) {
        if (steps.has(name)) continue;
        recording.dispose();
        this.#steps.delete(name);
      }
      for (const [name, made] of activations) {
        activations.set(
          name,
          made.filter((buffer) => buffers.has(buffer)),
        );
        for (const buffer of made) if (!buffers.has(buffer)) this.#memory.release(buffer);
      }
      throw error;
    }
  }

  dispose(): void {
    for (const { recording } of this.#steps.values()) recording.dispose();
    this.#steps.clear();
    this.#passes.clear();
  }

  #recordVerification(rows: number, sampler: SamplerKind): VerificationPass {
    const { config, kernels } = this.#state;
    const { recording, logits } = this.#recorded(`${rows} verify`, (recorder) =>
      forward(new GpuOps(this.#state, recorder, rows), this.#weights, config, 'all'),
    );
    const { buffer, softcap } = logits!;
    const size = 4 * pitchOf(config.vocabularySize);
    const rowSamplers = Array.from({ length: rows }, (_, row) => {
      const { recording } = this.#recorded(`${rows} verify, row ${row} ${nameOf(sampler)}`, (recorder) => {
        const slice = { buffer, offset: row * size, size };
        this.#sampler.record(sampler, recorder, kernels, { buffer: slice, softcap });
        return undefined;
      });
      return recording;
    });
    return { recording, rowSamplers };
  }

  #recorded(name: string, record: (recorder: Recorder) => GpuTensor | undefined): Step {
    const known = this.#steps.get(name);
    if (known) return known;
    const recorder = new Recorder(this.#memory.device, `step ${name}`);
    const logits = record(recorder);
    const step = { recording: recorder.finish(), logits };
    this.#steps.set(name, step);
    return step;
  }
}

const nameOf = ({ choice, logprobs }: SamplerKind): string => `${choice}, logprobs ${logprobs ?? 'off'}`;
