import type { Bytes } from '../storage/byte-source.ts';
import { type CheckpointTensor, rowCount } from './checkpoint.ts';

/** Bytes of file read at once: enough to keep a disk or a network busy, little enough to hold two of. */
const READ_BYTES = 4 * 2 ** 20;

/** Whole rows of a tensor in its encoding. */
export type RowRange = { readonly firstRow: number; readonly rows: Bytes };

export type RowRangeOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Default: all rows. */
  readonly firstRow?: number;
  readonly endRow?: number;
  /** Ranges begin at multiples of this many rows. */
  readonly together?: number;
};

/**
 * Reads tensors in row ranges, the next while one is worked on. A range is valid until the next is asked for, of
 * whatever tensor, and one tensor is read at a time: all share two arrays, since garbage of this size stays for long.
 */
export class RowReader {
  #buffers: [Bytes, Bytes] = [new Uint8Array(0), new Uint8Array(0)];

  async *ranges(
    tensor: CheckpointTensor,
    { signal, firstRow = 0, endRow = rowCount(tensor), together = 1 }: RowRangeOptions = {},
  ): AsyncGenerator<RowRange, void, undefined> {
    const step = together * Math.max(1, Math.floor(READ_BYTES / (together * tensor.rowBytes)));
    const read = (first: number) => {
      const count = Math.min(step, endRow - first);
      this.#buffers.reverse();
      const length = count * tensor.rowBytes;
      // All at once: to grow from tensor to tensor would leave the smaller ones as garbage.
      if (this.#buffers[0].length < length) this.#buffers[0] = new Uint8Array(Math.max(READ_BYTES, length));
      return tensor.readRows(first, count, signal, this.#buffers[0].subarray(0, length));
    };
    if (firstRow >= endRow) return;
    let next: Promise<Bytes> | undefined = read(firstRow);
    try {
      for (let first = firstRow; next; first += step) {
        const rows: Bytes = await next;
        next = first + step < endRow ? read(first + step) : undefined;
        next?.catch(() => {}); // Awaited in the next turn; a failure of the consumer must not leave it unhandled.
        signal?.throwIfAborted();
        yield { firstRow: first, rows };
      }
    } finally {
      // A read that nobody waits for any more still writes to its array.
      if (next) this.#buffers = [new Uint8Array(0), new Uint8Array(0)];
    }
  }
}
