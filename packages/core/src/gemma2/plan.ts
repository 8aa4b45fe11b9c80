import { type LoadedWeights, quantisedTensors } from '../convert/quantised-tensors.ts';
import { Sampler, verifiedRows } from '../generation/sampler.ts';
import { forward } from './forward.ts';
import type { GpuKernels } from './gpu-kernels.ts';
import { GpuOps, type GpuState, stepBuffers } from './gpu-ops.ts';
import { partsOf } from './gpu-weights.ts';
import { createKvCache, defaultRollback } from './kv-cache.ts';
import { type BufferLimits, CountingMemory, type ModelFacts, planWeights } from './planned-weights.ts';
import { productMatrices } from './weights.ts';

/** What every adapter offers. */
export const defaultLimits: BufferLimits = { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27 };

export type PlanOptions = {
  /** Float weights quantised while they are loaded. Default: as they are stored. */
  readonly weights?: LoadedWeights | undefined;
  readonly context: number;
  readonly prefillChunk: number;
  /** As in {@link LoadOptions}. */
  readonly rollback?: number;
  /** Keys and values in f16, as where the adapter has it; else in f32. */
  readonly f16: boolean;
  /** As in {@link LoadOptions}. */
  readonly speculation?: boolean | undefined;
  readonly limits?: BufferLimits;
};

/** The graphics memory that a model takes, in bytes. */
export type MemoryPlan = {
  readonly context: number;
  readonly prefillChunk: number;
  readonly weightBytes: number;
  readonly cacheBytes: number;
  /** Activations, logits, rotations, the sampler's tables. */
  readonly workBytes: number;
  readonly totalBytes: number;
  readonly largestBuffer: { readonly label: string; readonly bytes: number };
  /** Buffers that the matrices are divided into, because a binding has a limit. */
  readonly weightParts: number;
  /** Dispatches of one greedy decode step by the default kernels: tuning may find fewer to be faster. */
  readonly decodeDispatches: number;
};

/**
 * The memory a model will take, known before any is allocated: the same code as in loading runs over buffers that only
 * count.
 *
 * @throws {AlreadyQuantisedError} where `weights` is given and the model's are quantised
 * @throws {LimitError} where the limits are below those of any adapter, so that not even eight rows of a matrix fit
 */
export async function planModel(
  facts: ModelFacts,
  {
    weights: loadedWeights,
    context,
    prefillChunk,
    rollback = defaultRollback,
    f16,
    speculation = false,
    limits = defaultLimits,
  }: PlanOptions,
): Promise<MemoryPlan> {
  const { config } = facts;
  const tensors = loadedWeights ? quantisedTensors(facts, loadedWeights) : facts.tensors;
  const memory = new CountingMemory();
  const shape = { context, prefillChunk, rollback, bytesPerValue: f16 ? 2 : 4 } as const;
  const cache = createKvCache(memory, config, shape);

  const beforeWeights = memory.bytes;
  const weights = await planWeights({ config, tensors }, limits, memory);
  const weightBytes = memory.bytes - beforeWeights;

  const storage = (label: string, bytes: number) => memory.storage(label, bytes);
  const state: GpuState = {
    config,
    embeddingScale: 1,
    kernels: noKernels,
    memory,
    cache,
    rotations: storage('rotations', 4 * context * config.headDim),
    ...stepBuffers(memory, prefillChunk),
    activations: new Map(),
  };
  const sampler = new Sampler(memory, config.vocabularySize, state.step, state.tokens);
  let decodeDispatches = 0;
  const counter = { dispatch: () => void decodeDispatches++ };
  const step = (rows: number, head: 'last' | 'all') => {
    decodeDispatches = 0;
    const logits = forward(new GpuOps(state, counter, rows), weights, config, head)!;
    sampler.record({ choice: 'greedy', logprobs: undefined }, counter, noKernels, logits);
  };
  step(prefillChunk, 'last');
  if (speculation) for (const rows of verifiedRows) step(rows, 'all');
  step(1, 'last');

  return {
    context,
    prefillChunk,
    weightBytes,
    cacheBytes: cache.bytes,
    workBytes: memory.bytes - weightBytes - cache.bytes,
    totalBytes: memory.bytes,
    largestBuffer: memory.largest,
    weightParts: [...new Set([weights.embedding, ...productMatrices(weights)])].flatMap(partsOf).length,
    decodeDispatches,
  };
}

/** Never dispatched, only named. */
const noKernels = {
  gatedMatvec: new Map(),
  matvec: new Map(),
  stackedMatvec: new Map(),
  matmul: new Map(),
  matmulSmall: new Map(),
  tuned: new Map(),
  normed: new Map(),
} satisfies Maps<GpuKernels> as unknown as GpuKernels;

/** Those of its members that are looked up in. */
type Maps<T> = { [K in keyof T as T[K] extends ReadonlyMap<string, unknown> ? K : never]: T[K] };
