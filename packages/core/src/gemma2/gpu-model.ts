import {
  compileSample,
  DeviceLostError,
  type GpuContext,
  GpuMemory,
  pitchOf,
  type Recording,
  rotationTable,
  smallBatch,
} from '@tama/kernels-wgsl';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { ModelClosedError } from '../errors.ts';
import {
  type ChoiceOptions,
  type ChosenToken,
  Sampler,
  type SamplerKind,
  verifiedRows,
} from '../generation/sampler.ts';
import type { TuningOptions } from '../tuning/decide.ts';
import { type Tuned, tuneChunk } from '../tuning/tune-chunk.ts';
import { tuneKernels } from '../tuning/tune-kernels.ts';
import { tuneNorms } from '../tuning/tune-norms.ts';
import { tuneProducts } from '../tuning/tune-products.ts';
import type { Gemma2Config } from './config.ts';
import { type EmbeddingScale, embeddingScale } from './embedding-scale.ts';
import { compileKernels, compileSmallBatch } from './gpu-kernels.ts';
import { type GpuState, stepBuffers } from './gpu-ops.ts';
import { type GpuLoaderOptions, type GpuMatrix, gpuWeightLoader } from './gpu-weights.ts';
import { createKvCache, defaultRollback } from './kv-cache.ts';
import { planWeights } from './planned-weights.ts';
import { RecordedSteps } from './recorded-steps.ts';
import { type Gemma2Weights, loadWeights } from './weights.ts';

export type GpuModelOptions = GpuLoaderOptions & {
  readonly context: number;
  /** The most rows of a chunk. */
  readonly prefillChunk: number;
  /** Rows that tuning may choose a chunk to have, ascending, the default first. Default: `prefillChunk` alone. */
  readonly chunkSizes?: readonly number[];
  /** Default: {@link defaultRollback}. */
  readonly rollback?: number;
  readonly embeddingScale: EmbeddingScale;
  /** What needs no GPU, done once the weights are read, while the rest of the kernels is being compiled. */
  readonly whileCompiling?: () => Promise<void>;
  /** Default: every kernel is its default variant. */
  readonly tuning?: TuningOptions;
};

const untuned: TuningOptions = { mode: 'off', store: undefined };
const greedy: SamplerKind = { choice: 'greedy', logprobs: undefined };

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
  readonly tuned: readonly Tuned[];
  readonly #gpu: GpuContext;
  readonly #memory: GpuMemory;
  readonly #sampler: Sampler;
  readonly #state: GpuState;
  readonly #steps: RecordedSteps;
  #staging: GPUBuffer[] = [];
  readonly #lost: { info?: GPUDeviceLostInfo };
  #disposed = false;

  /** @throws {GpuMemoryError} @throws {LimitError} @throws {ShaderCompileError} @throws {DeviceLostError} and what the checkpoint's reader throws */
  static async load(gpu: GpuContext, checkpoint: Checkpoint, options: GpuModelOptions): Promise<GpuModel> {
    const memory = new GpuMemory(gpu.device, checkpoint.name);
    let model: GpuModel | undefined;
    try {
      const { config } = checkpoint;
      const {
        context,
        prefillChunk,
        chunkSizes = [prefillChunk],
        rollback = defaultRollback,
        tuning = untuned,
      } = options;
      const [usualChunk = prefillChunk] = chunkSizes;
      const shape = { context, prefillChunk, rollback, bytesPerValue: gpu.features.f16 ? 2 : 4 } as const;
      const cache = await memory.check('KV cache', () => createKvCache(memory, config, shape));
      const planned = await planWeights(checkpoint, gpu.device.limits);
      const compiling = compileKernels(gpu.device, gpu.features, planned);
      compiling.catch(() => {}); // Awaited below; loading may fail first.
      const before = memory.bytes;
      const weights = await loadWeights(checkpoint, gpuWeightLoader(memory, options));
      const weightBytes = memory.bytes - before;
      await options.whileCompiling?.();
      options.signal?.throwIfAborted();
      const kernels = await compiling;
      if (usualChunk <= smallBatch) await compileSmallBatch(gpu.device, gpu.features, kernels);
      const tunedKernels = [
        ...(await tuneKernels(gpu, weights, kernels, tuning)),
        ...(await tuneNorms(gpu, weights, config, kernels, tuning)),
        ...(await tuneProducts(gpu, weights, kernels, usualChunk, tuning)),
      ];
      const table = rotationTable(context, config.headDim, config.ropeTheta);
      const state = await memory.check(
        'rotations',
        (): GpuState => ({
          config,
          embeddingScale: embeddingScale(config, options.embeddingScale),
          kernels,
          memory,
          cache,
          rotations: memory.storage('rotations', table.byteLength),
          ...stepBuffers(memory, prefillChunk),
          activations: new Map(),
        }),
      );
      gpu.device.queue.writeBuffer(state.rotations, 0, table);
      const tunedChunk = await tuneChunk(gpu, state, weights, chunkSizes, tuning);
      const chosen = {
        context,
        prefillChunk: tunedChunk?.constants.ROWS ?? usualChunk,
        tuned: [...tunedKernels, ...(tunedChunk ? [tunedChunk] : [])],
        weightBytes,
      };
      const made = await memory.check('sampler', () => new GpuModel(gpu, memory, state, weights, chosen));
      model = made;
      await memory.check('activations', () => made.#steps.step(made.prefillChunk, 'last', greedy));
      await memory.check('activations', () => made.#steps.step(1, 'last', greedy));
      options.signal?.throwIfAborted();
      made.#checkDevice();
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
    chosen: Pick<GpuModel, 'context' | 'prefillChunk' | 'tuned' | 'weightBytes'>,
  ) {
    this.#gpu = gpu;
    this.#memory = memory;
    this.#state = state;
    this.config = state.config;
    this.context = chosen.context;
    this.prefillChunk = chosen.prefillChunk;
    this.weightBytes = chosen.weightBytes;
    this.tuned = chosen.tuned;
    this.cacheBytes = state.cache.bytes;
    this.#sampler = new Sampler(memory, state.config.vocabularySize, state.step, state.tokens);
    this.#steps = new RecordedSteps(memory, state, weights, this.#sampler);
    // The device outlives the model, and keeps what waits for its loss: no more than this.
    const lost: { info?: GPUDeviceLostInfo } = {};
    gpu.device.lost.then((info) => {
      lost.info = info;
    });
    this.#lost = lost;
  }

  /** Its device is gone, and everything on it. */
  get lost(): boolean {
    return this.#lost.info !== undefined;
  }

  /**
   * Sets how tokens are chosen from now on; `prompt` is what a repetition penalty looks back on.
   *
   * @throws {SamplingError} @throws {OptionError}
   */
  configureSampler(options: ChoiceOptions, prompt: readonly number[]): Promise<SamplerKind> {
    return this.#sampler.configure(this.#gpu, options, prompt, () => this.#disposed);
  }

  /** Compiles what {@link configureSampler} else compiles at its first use. @throws {ShaderCompileError} */
  async compileSampler(): Promise<void> {
    const { device, features } = this.#gpu;
    await compileSample(device, { features });
  }

  /** Tokens that a local layer's ring holds. */
  get localCapacity(): number {
    return this.#state.cache.layers[0]!.capacity;
  }

  /** Bytes of every buffer the model owns. */
  get bytes(): number {
    return this.#memory.bytes;
  }

  /**
   * Runs `tokens` (at most `prefillChunk`) at positions `start`… and fills the KV cache. With a sampler, the next token
   * is chosen from the last row's logits as token 0 of the generation; without one, the promise resolves when the GPU is
   * done.
   */
  prefill(tokens: readonly number[], start: number): Promise<undefined>;
  prefill(tokens: readonly number[], start: number, sampler: SamplerKind): Promise<ChosenToken>;
  async prefill(tokens: readonly number[], start: number, sampler?: SamplerKind): Promise<ChosenToken | undefined> {
    this.#writeStep(tokens, start, 0);
    const step = this.#steps.step(this.#rowsFor(tokens.length), sampler ? 'last' : 'none', sampler);
    const encoder = this.#gpu.device.createCommandEncoder({ label: 'prefill' });
    encodePass(encoder, [step.recording]);
    if (sampler) return (await this.#submitAndRead(encoder, sampler, 0, 1))[0]!;
    this.#gpu.device.queue.submit([encoder.finish()]);
    await this.#gpu.device.queue.onSubmittedWorkDone();
    return undefined;
  }

  /** Runs `count` decode steps, at most 8, each on the token that the one before chose, and chooses tokens `slot`…. */
  decode(sampler: SamplerKind, slot: number, count: number): Promise<ChosenToken[]> {
    const { recording } = this.#steps.step(1, 'last', sampler);
    const encoder = this.#gpu.device.createCommandEncoder({ label: 'decode' });
    encodePass(encoder, Array(count).fill(recording));
    return this.#submitAndRead(encoder, sampler, slot, count);
  }

  /** Whether {@link verify} can take more than one token: rows of logits must begin where WebGPU can bind them. */
  get canVerify(): boolean {
    const { minStorageBufferOffsetAlignment } = this.#gpu.device.limits;
    return (4 * pitchOf(this.config.vocabularySize)) % minStorageBufferOffsetAlignment === 0;
  }

  /**
   * Runs at most 8 `tokens` at positions `start`… in one pass, and chooses after each of them the token that would come
   * next, as tokens `slot`… of the generation. What a sampler counts for its penalties would be wrong after a wrong
   * guess: it must not have any.
   */
  async verify(
    sampler: SamplerKind,
    tokens: readonly number[],
    start: number,
    slot: number,
  ): Promise<readonly ChosenToken[]> {
    const { device, features } = this.#gpu;
    const { kernels } = this.#state;
    if (tokens.length > 1 && kernels.matmulSmall.size === 0) await compileSmallBatch(device, features, kernels);
    this.#checkOpen();
    this.#writeStep(tokens, start, slot);
    if (tokens.length === 1) return this.decode(sampler, slot, 1);
    const rows = verifiedRows.find((most) => tokens.length <= most)!;
    const { recording, rowSamplers } = await this.#steps.verification(rows, sampler);
    this.#checkOpen();
    device.queue.writeBuffer(this.#state.sampledStep, 0, Uint32Array.of(start, 1, slot, 0));
    const encoder = device.createCommandEncoder({ label: 'verify' });
    encodePass(encoder, [recording]);
    encoder.copyBufferToBuffer(this.#state.sampledStep, 0, this.#state.step, 0, 16);
    encodePass(encoder, rowSamplers.slice(0, tokens.length));
    return this.#submitAndRead(encoder, sampler, slot, tokens.length);
  }

  /** Rows that {@link logits} can take at once. */
  get logitsChunk(): number {
    const row = 4 * pitchOf(this.config.vocabularySize);
    return Math.max(1, Math.min(this.prefillChunk, Math.floor(logitsBytes / row)));
  }

  /** Runs at most {@link logitsChunk} tokens and reads the logits after the final soft-cap of the wanted rows. */
  async logits(tokens: readonly number[], start: number, rows: readonly number[]): Promise<Float32Array[]> {
    const { device } = this.#gpu;
    this.#writeStep(tokens, start, 0);
    const recorded = Math.min(this.logitsChunk, this.#rowsFor(tokens.length));
    const step = await this.#steps.checked('logits', () =>
      this.#steps.step(recorded, rows.length > 0 ? 'all' : 'none'),
    );
    this.#checkOpen();
    const { vocabularySize } = this.config;
    const rowBytes = 4 * pitchOf(vocabularySize);
    const encoder = device.createCommandEncoder({ label: 'logits' });
    encodePass(encoder, [step.recording]);
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

  /** Kernel labels of one greedy step of so many rows, in order: a decode step is one of 1. */
  dispatches(rows: number): readonly string[] {
    return this.#steps.step(rows, 'last', greedy).recording.labels;
  }

  /** Releases every buffer. The device stays. */
  dispose(): void {
    this.#disposed = true;
    this.#steps.dispose();
    this.#staging = [];
    this.#memory.dispose();
  }

  /** For what goes on after a wait that {@link idle} knows nothing of. */
  #checkOpen(): void {
    if (this.#disposed) throw new ModelClosedError(this.#memory.owner);
  }

  #writeStep(tokens: readonly number[], start: number, slot: number): void {
    const { queue } = this.#gpu.device;
    queue.writeBuffer(this.#state.tokens, 0, Uint32Array.from(tokens));
    queue.writeBuffer(this.#state.step, 0, Uint32Array.of(start, tokens.length, slot, 0));
  }

  /** Rows of the recording for so many tokens: a short prompt is not worth a whole chunk's work. */
  #rowsFor(tokens: number): number {
    if (tokens === 1) return 1;
    let rows = 16;
    while (rows < tokens) rows *= 2;
    return Math.min(rows, this.prefillChunk);
  }

  /** Submits what was encoded, and reads the tokens that it chose. */
  async #submitAndRead(
    encoder: GPUCommandEncoder,
    sampler: SamplerKind,
    slot: number,
    count: number,
  ): Promise<ChosenToken[]> {
    const staging = this.#staging.pop() ?? this.#memory.readback('chosen tokens', Sampler.readbackBytes);
    this.#sampler.copyTokens(sampler, encoder, slot, count, staging);
    this.#gpu.device.queue.submit([encoder.finish()]);
    await this.#map(staging);
    const tokens = Sampler.readTokens(sampler, count, staging.getMappedRange());
    staging.unmap();
    this.#staging.push(staging);
    return tokens;
  }

  /** @throws {DeviceLostError} @throws {ModelClosedError} */
  async #map(buffer: GPUBuffer): Promise<void> {
    try {
      await buffer.mapAsync(GPUMapMode.READ);
    } catch (error) {
      this.#checkDevice();
      this.#checkOpen();
      throw error;
    }
  }

  /** @throws {DeviceLostError} */
  #checkDevice(): void {
    const { info } = this.#lost;
    if (info) throw new DeviceLostError(info.message || info.reason);
  }
}

function encodePass(encoder: GPUCommandEncoder, recordings: readonly Recording[]): void {
  const pass = encoder.beginComputePass();
  for (const recording of recordings) recording.encode(pass);
  pass.end();
}
