import { type GpuMemory, PANEL, planPackedMatrix, weightFormats } from '@tama/kernels-wgsl';
import { type Checkpoint, type CheckpointTensor, rowCount, rowWidth } from '../checkpoint/checkpoint.ts';
import { type LoadedWeights, quantisedTensors } from '../convert/quantised-tensors.ts';
import { Sampler } from '../generation/sampler.ts';
import { forward } from './forward.ts';
import type { GpuKernels } from './gpu-kernels.ts';
import { GpuOps, type GpuState, stepBuffers } from './gpu-ops.ts';
import { type GpuMatrix, groupByEncoding } from './gpu-weights.ts';
import { createKvCache, defaultRollback } from './kv-cache.ts';
import { pairedRows } from './paired-rows.ts';
import { loadWeights } from './weights.ts';

/** What WebGPU lets a device have. It never tells how much memory there is. */
export type BufferLimits = Pick<GPUSupportedLimits, 'maxBufferSize' | 'maxStorageBufferBindingSize'>;

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
  /** Dispatches of one greedy decode step. */
  readonly decodeDispatches: number;
};

/** What a plan needs to know of a checkpoint: nothing is read. */
export type ModelFacts = {
  readonly config: Checkpoint['config'];
  readonly tensors: Checkpoint['tensors'];
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
    limits = defaultLimits,
  }: PlanOptions,
): Promise<MemoryPlan> {
  const { config } = facts;
  const tensors = loadedWeights ? quantisedTensors(facts, loadedWeights) : facts.tensors;
  const memory = new CountingMemory();
  const shape = { context, prefillChunk, rollback, bytesPerValue: f16 ? 2 : 4 } as const;
  const cache = createKvCache(memory, config, shape);

  const beforeWeights = memory.bytes;
  const binding = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  let weightParts = 0;
  const packed = (label: string, { encoding, shape }: CheckpointTensor, rows: number, together?: number) => {
    const format = weightFormats[encoding];
    const columns = rowWidth({ shape });
    const plan = planPackedMatrix(format, rows, columns, binding, together);
    const parts = plan.parts.map((part) => {
      const weights = memory.storage(label, part.weightBytes);
      const scales = part.scaleBytes > 0 ? memory.storage(label, part.scaleBytes) : weights;
      return { ...part, weights, scales };
    });
    weightParts += parts.length;
    return { format, rows, columns, parts, bytes: plan.bytes };
  };
  const matrix = async (label: string, tensors: readonly CheckpointTensor[]): Promise<GpuMatrix> => {
    let rows = 0;
    const segments = groupByEncoding(tensors).map((group) => {
      const firstRow = rows;
      rows += group.reduce((sum, tensor) => sum + rowCount(tensor), 0);
      return { firstRow, matrix: packed(label, group[0]!, rows - firstRow) };
    });
    return { rows, columns: rowWidth(tensors[0]!), segments, paired: false };
  };
  const weights = await loadWeights<GpuMatrix, GPUBuffer>(
    { config, tensors },
    {
      matrix,
      async gateUp(label, gate, up) {
        if (gate.encoding !== up.encoding) return matrix(label, [gate, up]);
        const paired = packed(label, gate, pairedRows(gate), 2 * PANEL);
        const { rows, columns } = paired;
        return { rows, columns, segments: [{ firstRow: 0, matrix: paired }], paired: true };
      },
      vector: async (tensor) => memory.storage(tensor.name, 4 * rowWidth(tensor)),
    },
  );
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
  const dispatches = (rows: number): number => {
    let count = 0;
    const counter = { dispatch: () => void count++ };
    const logits = forward(new GpuOps(state, counter, rows), weights, config, 'last')!;
    sampler.record({ choice: 'greedy', logprobs: undefined }, counter, noKernels, logits);
    return count;
  };
  dispatches(prefillChunk);
  const decodeDispatches = dispatches(1);

  return {
    context,
    prefillChunk,
    weightBytes,
    cacheBytes: cache.bytes,
    workBytes: memory.bytes - weightBytes - cache.bytes,
    totalBytes: memory.bytes,
    largestBuffer: memory.largest,
    weightParts,
    decodeDispatches,
  };
}

/** Gives buffers that are nothing but their size, rounded as {@link GpuMemory} does. */
class CountingMemory implements Pick<GpuMemory, 'storage'> {
  bytes = 0;
  largest = { label: '', bytes: 0 };

  storage(label: string, bytes: number): GPUBuffer {
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    this.bytes += size;
    if (size > this.largest.bytes) this.largest = { label, bytes: size };
    return { label, size } as GPUBuffer;
  }
}

/** Never dispatched, only named. */
const noKernels = {
  embed: new Map(),
  gatedMatvec: new Map(),
  matvec: new Map(),
  matmul: new Map(),
  matmulSmall: new Map(),
  tuned: new Map(),
} satisfies Maps<GpuKernels> as unknown as GpuKernels;

/** Those of its members that are looked up in. */
type Maps<T> = { [K in keyof T as T[K] extends ReadonlyMap<string, unknown> ? K : never]: T[K] };
