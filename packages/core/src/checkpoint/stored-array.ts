import { checkRead } from '../storage/byte-source.ts';
import type { CheckpointTensor } from './checkpoint.ts';
import { encodings, type FloatEncoding } from './encoding.ts';
import type { TensorShape } from './gemma2-tensors.ts';

/** An array of floats as a file holds it, row-major, of any rank. */
export type StoredArray = {
  readonly shape: readonly number[];
  readonly encoding: FloatEncoding;
  /** The elements [first, first + count) of the flat array. */
  read(first: number, count: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
};

/**
 * Where a canonical tensor lies in a stored array. `rows`: it begins at an element and is stored as it is. `columns`:
 * from there on, planes [planeRows, planeColumns] follow each other, and its rows are the columns of the planes.
 */
export type Placement =
  | { readonly kind: 'rows'; readonly first: number }
  | { readonly kind: 'columns'; readonly first: number; readonly planeRows: number; readonly planeColumns: number };

/** Rows of a transposed tensor that are kept, because making them means reading their whole plane. */
const BLOCK_BYTES = 24 * 2 ** 20;
/** How much of a plane is read at once. */
const WINDOW_BYTES = 2 ** 20;

/** The rows transposed last, of whatever tensor of one checkpoint. */
export class TransposedRows {
  #tensor = '';
  #first = 0;
  #count = 0;
  #bytes = new Uint8Array(0);

  /** Part of the kept rows if all of them are there. */
  find(tensor: string, first: number, count: number, rowBytes: number): Uint8Array<ArrayBuffer> | undefined {
    const from = first - this.#first;
    if (tensor !== this.#tensor || from < 0 || from + count > this.#count) return undefined;
    return this.#bytes.slice(from * rowBytes, (from + count) * rowBytes);
  }

  keep(tensor: string, first: number, count: number, bytes: Uint8Array<ArrayBuffer>): void {
    this.#tensor = tensor;
    this.#first = first;
    this.#count = count;
    this.#bytes = bytes;
  }
}

/** A canonical tensor made of a stored array, with bounded memory whatever the size. */
export function storedTensor(
  name: string,
  shape: TensorShape,
  array: StoredArray,
  placement: Placement,
  transposed: TransposedRows,
): CheckpointTensor {
  const { encoding } = array;
  const width = shape.at(-1)!;
  const rows = shape.length === 2 ? shape[0] : 1;
  const rowBytes = width * encodings[encoding].blockBytes;
  const readRows: CheckpointTensor['readRows'] = async (first, count, signal) => {
    checkRead({ name, size: rows }, first, count);
    if (count === 0) return new Uint8Array(0);
    if (placement.kind === 'rows') return array.read(placement.first + first * width, count * width, signal);
    const kept = transposed.find(name, first, count, rowBytes);
    if (kept) return kept;
    const { planeColumns } = placement;
    const block = Math.min(Math.max(count, Math.floor(BLOCK_BYTES / rowBytes)), rows - first);
    const bytes = new Uint8Array(block * rowBytes);
    for (let done = 0; done < block; ) {
      const plane = Math.floor((first + done) / planeColumns);
      const column = (first + done) % planeColumns;
      const columns = Math.min(block - done, planeColumns - column);
      const target = bytes.subarray(done * rowBytes, (done + columns) * rowBytes);
      await transposeColumns(array, placement, plane, column, target, signal);
      done += columns;
    }
    if (block === count) return bytes;
    transposed.keep(name, first, block, bytes);
    return bytes.slice(0, count * rowBytes);
  };
  return { name, shape, encoding, rowBytes, readRows };
}

/** Columns of one plane, from `column` on, as the rows of `target`. Reads the plane once, a window at a time. */
async function transposeColumns(
  array: StoredArray,
  { first, planeRows, planeColumns }: Placement & { readonly kind: 'columns' },
  plane: number,
  column: number,
  target: Uint8Array<ArrayBuffer>,
  signal?: AbortSignal,
): Promise<void> {
  const { blockBytes } = encodings[array.encoding];
  const output = elementsOf(target, blockBytes);
  const columns = output.length / planeRows;
  const windowRows = Math.max(1, Math.floor(WINDOW_BYTES / (planeColumns * blockBytes)));
  for (let row = 0; row < planeRows; row += windowRows) {
    const rows = Math.min(windowRows, planeRows - row);
    const bytes = await array.read(first + (plane * planeRows + row) * planeColumns, rows * planeColumns, signal);
    const input = elementsOf(bytes, blockBytes);
    for (let i = 0; i < columns; i++) {
      let from = column + i;
      for (let to = i * planeRows + row, end = to + rows; to < end; to++, from += planeColumns)
        output[to] = input[from]!;
    }
  }
}

/** Two- or four-byte elements as integers: they are moved, not computed with. */
function elementsOf(bytes: Uint8Array<ArrayBuffer>, blockBytes: number): Uint16Array | Uint32Array {
  const aligned = bytes.byteOffset % blockBytes === 0 ? bytes : bytes.slice();
  const length = aligned.length / blockBytes;
  return blockBytes === 2
    ? new Uint16Array(aligned.buffer, aligned.byteOffset, length)
    : new Uint32Array(aligned.buffer, aligned.byteOffset, length);
}
