import { type GpuMemory, PANEL, planPackedMatrix, weightFormats } from '@tama/kernels-wgsl';
import { type Checkpoint, type CheckpointTensor, rowCount, rowWidth } from '../checkpoint/checkpoint.ts';
import { type GpuMatrix, groupByEncoding } from './gpu-weights.ts';
import { pairedRows } from './paired-rows.ts';
import { type Gemma2Weights, loadWeights } from './weights.ts';

/** What WebGPU lets a device have. It never tells how much memory there is. */
export type BufferLimits = Pick<GPUSupportedLimits, 'maxBufferSize' | 'maxStorageBufferBindingSize'>;

/** What a plan needs to know of a checkpoint: nothing is read. */
export type ModelFacts = Pick<Checkpoint, 'config' | 'tensors'>;

/** Gives buffers that are nothing but their size, rounded as {@link GpuMemory} does. */
export class CountingMemory implements Pick<GpuMemory, 'storage'> {
  bytes = 0;
  largest = { label: '', bytes: 0 };

  storage(label: string, bytes: number): GPUBuffer {
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    this.bytes += size;
    if (size > this.largest.bytes) this.largest = { label, bytes: size };
    return { label, size } as GPUBuffer;
  }
}

/**
 * The weights as they will be divided over buffers, before any is read.
 *
 * @throws {LimitError} where not even eight rows of a matrix fit a binding
 */
export function planWeights(
  facts: ModelFacts,
  { maxBufferSize, maxStorageBufferBindingSize }: BufferLimits,
  memory = new CountingMemory(),
): Promise<Gemma2Weights<GpuMatrix, GPUBuffer>> {
  const binding = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  const packed = (label: string, { encoding, shape }: CheckpointTensor, rows: number, together?: number) => {
    const format = weightFormats[encoding];
    const columns = rowWidth({ shape });
    const plan = planPackedMatrix(format, rows, columns, binding, together);
    const parts = plan.parts.map((part) => {
      const weights = memory.storage(label, part.weightBytes);
      const scales = part.scaleBytes > 0 ? memory.storage(label, part.scaleBytes) : weights;
      return { ...part, weights, scales };
    });
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
  return loadWeights(facts, {
    matrix,
    async gateUp(label, gate, up) {
      if (gate.encoding !== up.encoding) return matrix(label, [gate, up]);
      const paired = packed(label, gate, pairedRows(gate), 2 * PANEL);
      const { rows, columns } = paired;
      return { rows, columns, segments: [{ firstRow: 0, matrix: paired }], paired: true };
    },
    vector: async (tensor) => memory.storage(tensor.name, 4 * rowWidth(tensor)),
  });
}
