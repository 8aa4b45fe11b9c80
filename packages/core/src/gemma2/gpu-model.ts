import {
  DeviceLostError,
  type GpuContext,
  GpuMemory,
  pitchOf,
  Recorder,
  type Recording,
  rotationTable,
  type SamplingOptions,
  smallBatch,
} from '@tama/kernels-wgsl';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { Sampler, type SamplerKind } from '../generation/sampler.ts';
import { type TunedKernel, type TuningOptions, tuneKernels } from '../tuning/tune-kernels.ts';
import type { Gemma2Config } from './config.ts';
import { type EmbeddingScale, embeddingScale } from './embedding-scale.ts';
import { forward } from './forward.ts';
import { compileKernels, compileSmallBatch } from './gpu-kernels.ts';
import { GpuOps, type GpuState, type GpuTensor } from './gpu-ops.ts';
import { type GpuLoaderOptions, type GpuMatrix, gpuWeightLoader } from './gpu-weights.ts';
import { type CacheShape, createKvCache } from './kv-cache.ts';
import { type Gemma2Weights, loadWeights } from './weights.ts';

export type GpuModelOptions = GpuLoaderOptions & {
  readonly context: number;
  readonly prefillChunk: number;
  readonly embeddingScale: EmbeddingScale;
  readonly onCompile?: () => void;
  /** Default: every kernel is its default variant. */
  readonly tuning?: TuningOptions;
};

type Head = 'last' | 'all' | 'none';
type Step = { readonly recording: Recording; readonly logits: GpuTensor | undefined };

/** Logits of at most this many bytes are computed at once when a caller asks for those of many positions. */
const logitsBytes = 32 * 2 ** 20;

/**
 * A Gemma 2 on a GPU: weights, KV cache, and the recorded steps. It computes what it is told at the position it is
 * told; which positions hold what is the generation's business.
 */
export class GpuModel {
  readonly config: Gemma2Config;
  readonly context: number;
  readonly prefillChunk: number;
  readonly weightBytes: number;
  readonly cacheBytes: number;
  /** Which variants tuning has chosen. */
  readonly tuned: readonly TunedKernel[];
  readonly #gpu: GpuContext;
  readonly #memory: GpuMemory;
  readonly #sampler: Sampler;
  readonly #state: GpuState;
  readonly #weights: Gemma2Weights<GpuMatrix, GPUBuffer>;
  readonly #steps = new Map<string, Step>();
  #staging: GPUBuffer[] = [];
  #lost: GPUDeviceLostInfo | undefined;

  /** @throws {GpuMemoryError} @throws {LimitError} @throws {ShaderCompileError} and what the checkpoint's reader throws */
  static async load(gpu: GpuContext, checkpoint: Checkpoint, options: GpuModelOptions): Promise<GpuModel> {
    const memory = new GpuMemory(gpu.device, checkpoint.name);
    let model: GpuModel | undefined;
    try {
      const { config } = checkpoint;
      const shape = cacheShape(gpu, options);
      const cache = await memory.check('KV cache', () => createKvCache(memory, config, shape));
      const encodings = new Set(
        [...checkpoint.tensors.values()].filter(({ shape }) => shape.length === 2).map(({ encoding }) => encoding),
      );
      const compiling = compileKernels(gpu.device, gpu.features, encodings);
      compiling.catch(() => {}); // Awaited below; loading may fail first.
      const before = memory.bytes;
      const weights = await loadWeights(checkpoint, gpuWeightLoader(memory, options));
      const weightBytes = memory.bytes - before;
      options.onCompile?.();
      const kernels = await compiling;
      if (options.prefillChunk <= smallBatch) await compileSmallBatch(gpu.device, gpu.features, kernels);
      const tuned = options.tuning ? await tuneKernels(gpu, weights, kernels, options.tuning) : [];
      const table = rotationTable(options.context, config.headDim, config.ropeTheta);
      const state = await memory.check(
        'rotations',
        (): GpuState => ({
          config,
          embeddingScale: embeddingScale(config, options.embeddingScale),
          kernels,
          memory,
          cache,
          rotations: memory.storage('rotations', table.byteLength),
          step: memory.storage('step', 16),
          tokens: memory.storage('tokens', 4 * options.prefillChunk),
          activations: new Map(),
        }),
      );
      gpu.device.queue.writeBuffer(state.rotations, 0, table);
      const made = await memory.check(
        'sampler',
        () => new GpuModel(gpu, memory, state, weights, options, weightBytes, tuned),
      );
      model = made;
      await memory.check('activations', () => made.#step(options.prefillChunk, 'last', 'greedy'));
      await memory.check('activations', () => made.#step(1, 'last', 'greedy'));
      return made;
    } catch (error) {
      model?.dispose();
      memory.dispose();
      throw error;
    }
  }

  private constructor(
    gpu: GpuContext,
    memory: GpuMemory,
    state: GpuState,
    weights: Gemma2Weights<GpuMatrix, GPUBuffer>,
    options: GpuModelOptions,
    weightBytes: number,
    tuned: readonly TunedKernel[],
  ) {
    this.#gpu = gpu;
    this.#memory = memory;
    this.#state = state;
    this.#weights = weights;
    this.config = state.config;
    this.context = options.context;
    this.prefillChunk = options.prefillChunk;
    this.weightBytes = weightBytes;
    this.tuned = tuned;
    this.cacheBytes = state.cache.bytes;
    this.#sampler = new Sampler(memory, state.config.vocabularySize, state.step, state.tokens);
    gpu.device.lost.then((info) => {
      this.#lost = info;
    });
  }

  /** Its device is gone, and everything on it. */
  get lost(): boolean {
    return this.#lost !== undefined;
  }

  /** Sets how tokens are chosen from now on; `prompt` is what a repetition penalty looks back on. @throws {SamplingError} */
  configureSampler(options: SamplingOptions, prompt: readonly number[]): Promise<SamplerKind> {
    return this.#sampler.configure(this.#gpu, options, prompt);
  }

  /** Bytes of every buffer the model owns. */
  get bytes(): number {
    return this.#memory.bytes;
  }

  /**
   * Runs `tokens` (at most `prefillChunk`) at positions `start`… and fills the KV cache. With a sampler, the next token
   * is chosen from the last row's logits as token 0 of the generation, and its id returned; without one, the promise
   * resolves when the GPU is done.
   */
  prefill(tokens: readonly number[], start: number): Promise<undefined>;
  prefill(tokens: readonly number[], start: number, sampler: SamplerKind): Promise<number>;
  prefill(tokens: readonly number[], start: number, sampler?: SamplerKind): Promise<number | undefined> {
    this.#writeStep(tokens, start);
    const rows = tokens.length === 1 ? 1 : this.prefillChunk;
    if (sampler) return this.#sample(this.#step(rows, 'last', sampler), 0);
    const encoder = this.#gpu.device.createCommandEncoder({ label: 'prefill' });
    encodeStep(encoder, this.#step(rows, 'none'));
    this.#gpu.device.queue.submit([encoder.finish()]);
    return this.#gpu.device.queue.onSubmittedWorkDone();
  }

  /** Runs one decode step on the token that the previous step chose, and chooses token `slot`. */
  decode(sampler: SamplerKind, slot: number): Promise<number> {
    return this.#sample(this.#step(1, 'last', sampler), slot);
  }

  /** Rows that {@link logits} can take at once. */
  get logitsChunk(): number {
    const row = 4 * pitchOf(this.config.vocabularySize);
    return Math.max(1, Math.min(this.prefillChunk, Math.floor(logitsBytes / row)));
  }

  /** Runs at most {@link logitsChunk} tokens and reads the logits after the final soft-cap of the wanted rows. */
  async logits(tokens: readonly number[], start: number, rows: readonly number[]): Promise<Float32Array[]> {
    const { device } = this.#gpu;
    this.#writeStep(tokens, start);
    const step = this.#step(tokens.length === 1 ? 1 : this.logitsChunk, rows.length > 0 ? 'all' : 'none');
    const { vocabularySize } = this.config;
    const rowBytes = 4 * pitchOf(vocabularySize);
    const encoder = device.createCommandEncoder({ label: 'logits' });
    encodeStep(encoder, step);
    const staging = rows.map((row) => {
      const buffer = this.#memory.readback('logits', rowBytes);
      encoder.copyBufferToBuffer(step.logits!.buffer, row * rowBytes, buffer, 0, rowBytes);
      return buffer;
    });
    device.queue.submit([encoder.finish()]);
    try {
      return await Promise.all(
        staging.map(async (buffer) => {
          await this.#map(buffer);
          return new Float32Array(buffer.getMappedRange().slice(0, 4 * vocabularySize));
        }),
      );
    } finally {
      for (const buffer of staging) this.#memory.release(buffer);
    }
  }

  /** Resolves when everything submitted so far has run. */
  async idle(): Promise<void> {
    await this.#gpu.device.queue.onSubmittedWorkDone();
  }

  /** Kernel labels of one decode step, in order: what a step costs in dispatches. */
  get decodeDispatches(): readonly string[] {
    return this.#step(1, 'last', 'greedy').recording.labels;
  }

  /** Releases every buffer. The device stays. */
  dispose(): void {
    for (const { recording } of this.#steps.values()) recording.dispose();
    this.#steps.clear();
    this.#staging = [];
    this.#memory.dispose();
  }

  #writeStep(tokens: readonly number[], start: number): void {
    const { queue } = this.#gpu.device;
    queue.writeBuffer(this.#state.tokens, 0, Uint32Array.from(tokens));
    queue.writeBuffer(this.#state.step, 0, Uint32Array.of(start, tokens.length, 0, 0));
  }

  /** The recording for a step of at most `rows` rows; made at its first use. */
  #step(rows: number, head: Head, sampler?: SamplerKind): Step {
    const key = `${rows} ${head} ${sampler ?? ''}`;
    const known = this.#steps.get(key);
    if (known) return known;
    const recorder = new Recorder(this.#gpu.device, `step ${key}`);
    const ops = new GpuOps(this.#state, recorder, rows);
    let logits = forward(ops, this.#weights, this.config, head);
    if (logits && sampler) this.#sampler.record(sampler, recorder, this.#state.kernels, logits);
    else if (logits) logits = ops.applySoftcap(logits);
    const step = { recording: recorder.finish(), logits };
    this.#steps.set(key, step);
    return step;
  }

  #sample(step: Step, slot: number): Promise<number> {
    const { device } = this.#gpu;
    const encoder = device.createCommandEncoder({ label: 'step' });
    encodeStep(encoder, step);
    const staging = this.#staging.pop() ?? this.#memory.readback('token id', 4);
    const { buffer, offset } = this.#sampler.idOf(slot);
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, 4);
    device.queue.submit([encoder.finish()]);
    return this.#readId(staging);
  }

  async #readId(staging: GPUBuffer): Promise<number> {
    await this.#map(staging);
    const id = new Uint32Array(staging.getMappedRange())[0]!;
    staging.unmap();
    this.#staging.push(staging);
    return id;
  }

  /** @throws {DeviceLostError} */
  async #map(buffer: GPUBuffer): Promise<void> {
    try {
      await buffer.mapAsync(GPUMapMode.READ);
    } catch (error) {
      if (this.#lost) throw new DeviceLostError(this.#lost.message || this.#lost.reason);
      throw error;
    }
  }
}

/** The KV cache a model would have on this device, and its bytes: known before anything is loaded. */
export function cacheShape(
  gpu: GpuContext,
  { context, prefillChunk }: Pick<GpuModelOptions, 'context' | 'prefillChunk'>,
): CacheShape {
  return { context, prefillChunk, bytesPerValue: gpu.features.f16 ? 2 : 4 };
}

function encodeStep(encoder: GPUCommandEncoder, { recording }: Step): void {
  const pass = encoder.beginComputePass({ label: 'step' });
  recording.encode(pass);
  pass.end();
}
