import { type Checkpoint, type CheckpointTensor, rowCount, rowWidth } from './checkpoint.ts';
import { NotFiniteWeightsError } from './checkpoint-errors.ts';
import { findNotFinite } from './not-finite.ts';

export type VerifyOptions = {
  readonly signal?: AbortSignal;
  /** Called after each row range with the bytes read so far and in all. */
  readonly onProgress?: (verifiedBytes: number, totalBytes: number) => void;
};

/** What was read and found sound; bytes as they are stored. */
export type Verified = { readonly tensors: number; readonly bytes: number };

/** Read at once, into the same memory each time. */
const RANGE_BYTES = 4 * 2 ** 20;

/**
 * Reads every weight of a checkpoint. That the tensors are those of a Gemma 2, have its shapes and lie inside their
 * files was checked when it was opened.
 *
 * @throws {NotFiniteWeightsError} at the first tensor that holds NaN or infinity
 * @throws what reading may throw: data that is damaged, truncated or cannot be reached
 */
export async function verifyCheckpoint(
  { tensors }: Pick<Checkpoint, 'tensors'>,
  { signal, onProgress }: VerifyOptions = {},
): Promise<Verified> {
  const totalBytes = [...tensors.values()].reduce((sum, tensor) => sum + tensor.rowBytes * rowCount(tensor), 0);
  let memory = new Uint8Array(0);
  let verified = 0;
  for (const tensor of tensors.values()) {
    const rows = rowCount(tensor);
    const step = Math.max(1, Math.floor(RANGE_BYTES / tensor.rowBytes));
    for (let row = 0; row < rows; row += step) {
      signal?.throwIfAborted();
      const count = Math.min(step, rows - row);
      const length = count * tensor.rowBytes;
      if (memory.length < length) memory = new Uint8Array(length);
      const bytes = await tensor.readRows(row, count, signal, memory.subarray(0, length));
      checkFinite(tensor, row, bytes);
      verified += length;
      onProgress?.(verified, totalBytes);
    }
  }
  return { tensors: tensors.size, bytes: totalBytes };
}

/** Checks rows of a tensor, the first of which is `firstRow`. @throws {NotFiniteWeightsError} */
export function checkFinite(tensor: CheckpointTensor, firstRow: number, rows: Uint8Array): void {
  const found = findNotFinite(tensor.encoding, rows);
  if (!found) return;
  const width = rowWidth(tensor);
  const row = firstRow + Math.floor(found.element / width);
  throw new NotFiniteWeightsError(tensor.name, row, found.element % width, found.kind, tensor.encoding);
}
