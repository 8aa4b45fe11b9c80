import { LimitError, ShapeError } from './errors.ts';
import type { GpuMemory } from './gpu-memory.ts';
import { packRows } from './weights/pack.ts';
import { fileRowBytes, PANEL, type Planes, panelBytes, type WeightFormat } from './weights/weight-format.ts';

/** A matrix [rows, columns] on the GPU in its own encoding, its rows split over bindings. */
export type PackedMatrix = {
  readonly format: WeightFormat;
  readonly rows: number;
  readonly columns: number;
  readonly parts: readonly PackedPart[];
  /** GPU bytes of all parts. */
  readonly bytes: number;
};

/** Some rows of a packed matrix. `firstRow` is a multiple of {@link PANEL}. */
export type PackedPart = {
  readonly firstRow: number;
  readonly rows: number;
  readonly weights: GPUBuffer;
  /** The same buffer as `weights` where the format has no scales. */
  readonly scales: GPUBuffer;
};

export type PackedMatrixWriter = {
  readonly matrix: PackedMatrix;
  /**
   * Packs and uploads rows as they lie in a file, in ranges of any size and in any order. Of a range, the rows of a
   * panel that is not complete yet are kept until it is.
   *
   * @throws {ShapeError} when the rows are outside of the matrix or `rows` is not a whole number of them.
   */
  readonly write: (firstRow: number, rows: Uint8Array) => void;
};

export type PackedMatrixOptions = {
  /** A limit to the size of a part's bindings below the device's: for tests. */
  readonly maxBindingBytes?: number;
  /** Rows that a split over bindings keeps together: a multiple of {@link PANEL}, which is the default. */
  readonly together?: number;
};

/** Rows of a matrix that share bindings: one for the weights and, where there are `scaleBytes`, one for the scales. */
export type PartPlan = {
  readonly firstRow: number;
  readonly rows: number;
  readonly weightBytes: number;
  readonly scaleBytes: number;
};

/** How a matrix is divided: known before anything is allocated. */
export type MatrixPlan = { readonly parts: readonly PartPlan[]; readonly bytes: number };

/**
 * How a matrix is split over bindings of at most `maxBindingBytes`, and the GPU bytes it takes.
 *
 * @param together rows that a part has all of or none, a multiple of {@link PANEL}
 * @throws {LimitError}
 */
export function planPackedMatrix(
  format: WeightFormat,
  rows: number,
  columns: number,
  maxBindingBytes: number,
  together = PANEL,
): MatrixPlan {
  const bytes = panelBytes(format, columns);
  const unitBytes = Math.max(bytes.weights, bytes.scales) * (together / PANEL);
  const units = Math.ceil(rows / together);
  const most = Math.floor(maxBindingBytes / unitBytes);
  if (most === 0) throw new LimitError('maxStorageBufferBindingSize', maxBindingBytes, unitBytes);
  // Parts of equal size: each is a dispatch, and the smallest would leave the GPU idle.
  const rowsPerPart = Math.ceil(units / Math.ceil(units / most)) * together;
  const parts: PartPlan[] = [];
  for (let firstRow = 0; firstRow < rows; firstRow += rowsPerPart) {
    const partRows = Math.min(rowsPerPart, rows - firstRow);
    const panels = Math.ceil(partRows / PANEL);
    parts.push({
      firstRow,
      rows: partRows,
      weightBytes: panels * bytes.weights,
      scaleBytes: panels * bytes.scales,
    });
  }
  return { parts, bytes: Math.ceil(rows / PANEL) * (bytes.weights + bytes.scales) };
}

/**
 * Allocates a matrix and returns how to fill it. The host never holds more of it than a megabyte.
 *
 * @throws {ShapeError} @throws {LimitError} @throws {GpuMemoryError}
 */
export async function createPackedMatrix(
  memory: GpuMemory,
  label: string,
  format: WeightFormat,
  rows: number,
  columns: number,
  { maxBindingBytes = Number.POSITIVE_INFINITY, together = PANEL }: PackedMatrixOptions = {},
): Promise<PackedMatrixWriter> {
  const { limits } = memory.device;
  const limit = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize, maxBindingBytes);
  const plan = planPackedMatrix(format, rows, columns, limit, together);
  const parts = await memory.check(label, () =>
    plan.parts.map(({ firstRow, rows, weightBytes, scaleBytes }): PackedPart => {
      const name = `${label} [${firstRow}, ${firstRow + rows})`;
      const weights = memory.storage(`${name} weights`, weightBytes);
      const scales = scaleBytes > 0 ? memory.storage(`${name} scales`, scaleBytes) : weights;
      return { firstRow, rows, weights, scales };
    }),
  );
  const matrix: PackedMatrix = { format, rows, columns, parts, bytes: plan.bytes };
  return { matrix, write: writerOf(memory.device.queue, matrix) };
}

// All matrices are packed in the same memory: what a load of gigabytes drops, a megabyte at a time, would pile up to a
// hundred before it is collected.
let weightMemory = new ArrayBuffer(0);
let scaleMemory = new ArrayBuffer(0);

/** Zeroed planes for some panels, valid until the next call. */
function zeroedPlanes(format: WeightFormat, panels: number, columns: number): Planes {
  const bytes = panelBytes(format, columns);
  if (weightMemory.byteLength < panels * bytes.weights) weightMemory = new ArrayBuffer(panels * bytes.weights);
  if (scaleMemory.byteLength < panels * bytes.scales) scaleMemory = new ArrayBuffer(panels * bytes.scales);
  return {
    weights: new Uint32Array(weightMemory, 0, (panels * bytes.weights) / 4).fill(0),
    scales: new Uint32Array(scaleMemory, 0, (panels * bytes.scales) / 4).fill(0),
    scaleHalves: new Uint16Array(scaleMemory, 0, (panels * bytes.scales) / 2),
  };
}

function writerOf(queue: GPUQueue, matrix: PackedMatrix): PackedMatrixWriter['write'] {
  const { format, rows: matrixRows, columns, parts } = matrix;
  const rowBytes = fileRowBytes(format, columns);
  const bytes = panelBytes(format, columns);
  const panelsAtOnce = Math.max(1, Math.floor(2 ** 20 / (bytes.weights + bytes.scales)));
  const partRows = parts[0]!.rows;
  /** Rows of incomplete panels, by panel. */
  const waiting = new Map<number, { readonly rows: Uint8Array; missing: number }>();

  /** Packs and uploads complete panels of one part. */
  function upload(firstRow: number, rows: Uint8Array): void {
    const part = parts[Math.floor(firstRow / partRows)]!;
    const panel = (firstRow - part.firstRow) / PANEL;
    const rowCount = rows.byteLength / rowBytes;
    const planes = zeroedPlanes(format, Math.ceil(rowCount / PANEL), columns);
    packRows(format, rows, rowCount, columns, planes);
    queue.writeBuffer(part.weights, panel * bytes.weights, planes.weights);
    if (bytes.scales > 0) queue.writeBuffer(part.scales, panel * bytes.scales, planes.scales);
  }

  /** Keeps some rows of a panel; uploads it when they are all there. */
  function keep(firstRow: number, rows: Uint8Array): void {
    const panel = Math.floor(firstRow / PANEL);
    const panelRows = Math.min(PANEL, matrixRows - panel * PANEL);
    const entry = waiting.get(panel) ?? { rows: new Uint8Array(panelRows * rowBytes), missing: panelRows };
    waiting.set(panel, entry);
    entry.rows.set(rows, (firstRow - panel * PANEL) * rowBytes);
    entry.missing -= rows.byteLength / rowBytes;
    if (entry.missing > 0) return;
    waiting.delete(panel);
    upload(panel * PANEL, entry.rows);
  }

  return (firstRow, rows) => {
    const endRow = firstRow + rows.byteLength / rowBytes;
    if (!Number.isInteger(endRow) || firstRow < 0 || endRow > matrixRows) {
      throw new ShapeError(`weights ${format.name}`, {
        en: `${rows.byteLength} bytes from row ${firstRow} are not rows of a matrix [${matrixRows}, ${columns}]`,
        ja: `${firstRow}行目からの${rows.byteLength}バイトは、行列 [${matrixRows}, ${columns}] の行になりません`,
      });
    }
    for (let row = firstRow, next = row; row < endRow; row = next) {
      const range = (end: number) => rows.subarray((row - firstRow) * rowBytes, (end - firstRow) * rowBytes);
      const partEnd = Math.min(matrixRows, (Math.floor(row / partRows) + 1) * partRows);
      const complete = endRow >= partEnd ? partEnd : endRow - (endRow % PANEL);
      if (row % PANEL === 0 && complete > row) {
        next = Math.min(complete, row + panelsAtOnce * PANEL);
        upload(row, range(next));
      } else {
        next = Math.min(endRow, row - (row % PANEL) + PANEL);
        keep(row, range(next));
      }
    }
  };
}
