import {
  createPackedMatrix,
  type GpuMemory,
  PANEL,
  type PackedMatrix,
  type PackedPart,
  type WeightEncoding,
  weightFormats,
} from '@tama/kernels-wgsl';
import { type CheckpointTensor, rowCount, rowWidth } from '../checkpoint/checkpoint.ts';
import { RowReader } from '../checkpoint/row-ranges.ts';
import { checkFinite } from '../checkpoint/verify.ts';
import type { Bytes } from '../storage/byte-source.ts';
import { PairedRows, pairedRows } from './paired-rows.ts';
import type { WeightLoader } from './weights.ts';

/** Matrices stacked by rows. Neighbours of one encoding share a packed matrix, so one dispatch serves them. */
export type GpuMatrix = {
  readonly rows: number;
  readonly columns: number;
  readonly segments: readonly { readonly firstRow: number; readonly matrix: PackedMatrix }[];
  /** Two matrices lie in it panel by panel in turn, the last panels filled up with zeros: what `gatedMatvec` takes. */
  readonly paired: boolean;
};

/** Rows of a stacked matrix that share bindings; `firstRow` is of the stack. */
export type GpuPart = PackedPart & { readonly columns: number; readonly encoding: WeightEncoding };

export const partsOf = ({ segments, columns }: GpuMatrix): GpuPart[] =>
  segments.flatMap(({ firstRow, matrix: { parts, format } }) =>
    parts.map((part) => ({ ...part, firstRow: firstRow + part.firstRow, columns, encoding: format.name })),
  );

/** The parts, two by two: as many as a dispatch over one row of x can bind. The last may be alone. */
export function partsByTwo(matrix: GpuMatrix): (readonly [GpuPart, GpuPart | undefined])[] {
  const parts = partsOf(matrix);
  return parts.flatMap((part, i) => (i % 2 === 0 ? [[part, parts[i + 1]] as const] : []));
}

/** Bytes handed to the GPU's queue before its copies are waited for. */
const uploadBytes = 32 * 2 ** 20;

export type GpuLoaderOptions = {
  readonly signal?: AbortSignal;
  /** Called with the bytes of each row range that has been handed to the GPU. */
  readonly onBytes?: (bytes: number) => void;
};

/**
 * Streams tensors to the GPU in row ranges: the host holds a few megabytes, never a tensor.
 * Its methods throw {@link NotFiniteWeightsError} for weights that are NaN or infinite.
 */
export function gpuWeightLoader(memory: GpuMemory, options: GpuLoaderOptions = {}): WeightLoader<GpuMatrix, GPUBuffer> {
  const { device } = memory;
  let uploaded = 0;
  const reader = new RowReader();
  const pairs = new PairedRows();

  let last: Promise<unknown> = Promise.resolve();
  /**
   * Allocates at once and reads when it is this one's turn, and never after one that has failed: whether there is memory
   * is told by the GPU's own process, and is known by then.
   */
  const inTurn = <A, T>(allocated: Promise<A>, read: (allocated: A) => Promise<T>): Promise<T> => {
    allocated.catch(() => {}); // Awaited in its turn, which may never come.
    const done = last.then(async () => read(await allocated));
    last = done;
    return done;
  };

  const rowRanges = async (tensor: CheckpointTensor, take: (firstRow: number, rows: Bytes) => void, together = 1) => {
    for await (const { firstRow, rows } of reader.ranges(tensor, { signal: options.signal, together })) {
      take(firstRow, rows);
      options.onBytes?.(rows.byteLength);
      uploaded += rows.byteLength;
      if (uploaded > uploadBytes) {
        await device.queue.onSubmittedWorkDone();
        uploaded = 0;
      }
    }
  };

  const matrix = (label: string, tensors: readonly CheckpointTensor[]): Promise<GpuMatrix> => {
    const columns = rowWidth(tensors[0]!);
    const groups = groupByEncoding(tensors);
    const writers = groups.map((group) => {
      const rows = group.reduce((sum, tensor) => sum + rowCount(tensor), 0);
      return createPackedMatrix(memory, label, weightFormats[group[0]!.encoding], rows, columns);
    });
    return inTurn(Promise.all(writers), async (writers) => {
      const segments: { firstRow: number; matrix: PackedMatrix }[] = [];
      let firstRow = 0;
      for (const [i, { matrix, write }] of writers.entries()) {
        let offset = 0;
        for (const tensor of groups[i]!) {
          await rowRanges(tensor, (first, rows) => {
            checkFinite(tensor, first, rows);
            write(offset + first, rows);
          });
          offset += rowCount(tensor);
        }
        segments.push({ firstRow, matrix });
        firstRow += matrix.rows;
      }
      return { rows: firstRow, columns, segments, paired: false };
    });
  };

  return {
    matrix,

    gateUp(label, gate, up) {
      if (gate.encoding !== up.encoding) return matrix(label, [gate, up]);
      const format = weightFormats[gate.encoding];
      const rows = pairedRows(gate);
      const columns = rowWidth(gate);
      const together = 2 * PANEL;
      const writer = createPackedMatrix(memory, label, format, rows, columns, { together });
      return inTurn(writer, async ({ matrix, write }) => {
        await rowRanges(pairs.of(gate, up), write, together);
        return { rows, columns, segments: [{ firstRow: 0, matrix }], paired: true };
      });
    },

    vector(tensor) {
      const width = rowWidth(tensor);
      const allocated = memory.check(tensor.name, () => memory.storage(tensor.name, 4 * width));
      return inTurn(allocated, async (buffer) => {
        const bytes = await tensor.readRows(0, 1, options.signal);
        checkFinite(tensor, 0, bytes);
        const values = weightFormats[tensor.encoding].dequantize(bytes, width);
        device.queue.writeBuffer(buffer, 0, Float32Array.from(values));
        options.onBytes?.(bytes.byteLength);
        return buffer;
      });
    },
  };
}

/** Neighbours of one encoding together. */
export function groupByEncoding(tensors: readonly CheckpointTensor[]): CheckpointTensor[][] {
  const groups: CheckpointTensor[][] = [];
  for (const tensor of tensors) {
    const last = groups.at(-1);
    if (last?.[0]?.encoding === tensor.encoding) last.push(tensor);
    else groups.push([tensor]);
  }
  return groups;
}
