import { type GpuMemory, PANEL, planPackedMatrix, weightFormats } from '@tama/kernels-wgsl';
import { type Checkpoint, type CheckpointTensor, rowCount, rowWidth } from '../checkpoint/checkpoint.ts';
import { type LoadedWeights, quantisedTensors } from '../convert/quantised-tensors.ts';
import { Sampler } from '../generation/sampler.ts';
import { forward } from './forward.ts';
import type { GpuKernels } from './gpu-kernels.ts';
import { GpuOps, type GpuState } from './gpu-ops.ts';
import { type GpuMatrix, groupByEncoding, pairedRows } from './gpu-weights.ts';
import { createKvCache } from './kv-cache.ts';
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
  { weights: loadedWeights, context, prefillChunk, f16, limits = defaultLimits }: PlanOptions,
): Promise<MemoryPlan> {
  const { config } = facts;
  const tensors = loadedWeights ? quantisedTensors(facts, loadedWeights) : facts.tensors;
  const memory = new CountingMemory();
  const shape = { context, prefillChunk, bytesPerValue: f16 ? 2 : 4 } as const;
  const cache = createKvCache(memory, config, shape);

  const beforeWeights = memory.bytes;
  const binding = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  let weightParts = 0;
  const packed = (label: string, { encoding, shape }: CheckpointTensor, rows: number, together?: number) => {
    const plan = planPackedMatrix(weightFormats[encoding], rows, rowWidth({ shape }), binding, together);
    for (const { weightBytes, scaleBytes } of plan.parts) {
      memory.storage(label, weightBytes);
      if (scaleBytes > 0) memory.storage(label, scaleBytes);
    }
    weightParts += plan.parts.length;
  };
  const matrix = async (label: string, tensors: readonly CheckpointTensor[]): Promise<GpuMatrix> => {
    let rows = 0;
    for (const group of groupByEncoding(tensors)) {
      const groupRows = group.reduce((sum, tensor) => sum + rowCount(tensor), 0);
      packed(label, group[0]!, groupRows);
      rows += groupRows;
    }
    return { rows, columns: rowWidth(tensors[0]!), segments: [], paired: false };
  };
  const weights = await loadWeights<GpuMatrix, GPUBuffer>(
    { config, tensors },
    {
      matrix,
      async gateUp(label, gate, up) {
        if (gate.encoding !== up.encoding) return matrix(label, [gate, up]);
        packed(label, gate, pairedRows(gate), 2 * PANEL);
        return { rows: pairedRows(gate), columns: rowWidth(gate), segments: [], paired: true };
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
    step: storage('step', 16),
    tokens: storage('tokens', 4 * prefillChunk),
    activations: new Map(),
  };
  new Sampler(memory, config.vocabularySize, state.step, state.tokens);
  for (const rows of [prefillChunk, 1]) forward(new GpuOps(state, noRecorder, rows), weights, config, 'last');

  return {
    context,
    prefillChunk,
    weightBytes,
    cacheBytes: cache.bytes,
    workBytes: memory.bytes - weightBytes - cache.bytes,
    totalBytes: memory.bytes,
    largestBuffer: memory.largest,
    weightParts,
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

const noRecorder = { dispatch() {} };
/** Never dispatched, only named. */
const noKernels = {
  embed: new Map(),
  matvec: new Map(),
  matmul: new Map(),
  gatedMatvec: new Map(),
} as unknown as GpuKernels;
