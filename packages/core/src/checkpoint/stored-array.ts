import { type Bytes, checkRead, lent } from '../storage/byte-source.ts';
import type { CheckpointTensor } from './checkpoint.ts';
import { encodings, type FloatEncoding } from './encoding.ts';
import type { TensorShape } from './gemma2-tensors.ts';

/** An array of floats as a file holds it, row-major, of any rank. */
export type StoredArray = {
  readonly shape: readonly number[];
  readonly encoding: FloatEncoding;
  /** The elements [first, first + count) of the flat array; `into` as in {@link ByteSource.read}. */
  read(first: number, count: number, signal?: AbortSignal, into?: Bytes): Promise<Bytes>;
};

/**
 * Where a canonical tensor lies in a stored array. `rows`: it begins at an element and is stored as it is. `columns`:
 * from there on, planes [planeRows, planeColumns] follow each other, and its rows are the columns of the planes.
 */
export type Placement = { readonly kind: 'rows'; readonly first: number } | ColumnPlacement;
type ColumnPlacement = {
  readonly kind: 'columns';
  readonly first: number;
  readonly planeRows: number;
  readonly planeColumns: number;
};

/** How much of a plane is read at once. */
const WINDOW_BYTES = 2 ** 20;

/**
 * The rows that were transposed last, of whatever tensor of one checkpoint. They are kept because making rows means
 * reading the whole plane they are columns of; the caller then gets them a few at a time. One tensor is worked on at
 * once, always in the same memory.
 */
export class TransposedRows {
  static readonly limit = 24 * 2 ** 20;
  #tensor = '';
  #first = 0;
  #count = 0;
  #bytes: Bytes = new Uint8Array(0);
  readonly #window = new Uint8Array(WINDOW_BYTES);
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Rows [first, first + count) of a tensor of `rows` rows. `make` fills an array with consecutive rows; it may use the
   * window.
   */
  rows(
    tensor: Pick<CheckpointTensor, 'name' | 'rowBytes'>,
    rows: number,
    first: number,
    count: number,
    make: (first: number, target: Bytes, window: Bytes) => Promise<void>,
    into?: Bytes,
  ): Promise<Bytes> {
    const result = this.#last.then(() => this.#rows(tensor, rows, first, count, make, into));
    this.#last = result.catch(() => {});
    return result;
  }

  async #rows(
    { name, rowBytes }: Pick<CheckpointTensor, 'name' | 'rowBytes'>,
    rows: number,
    first: number,
    count: number,
    make: (first: number, target: Bytes, window: Bytes) => Promise<void>,
    into?: Bytes,
  ): Promise<Bytes> {
    // Elements are moved as whole numbers, which need an even start.
    const target = lent(count * rowBytes, into && into.byteOffset % 4 === 0 ? into : undefined);
    const held = this.#tensor === name && first >= this.#first && first + count <= this.#first + this.#count;
    if (!held) {
      const block = Math.min(Math.floor(TransposedRows.limit / rowBytes), rows - first);
      if (block <= count) {
        await make(first, target, this.#window);
        return target;
      }
      this.#tensor = '';
      // At least doubled: to grow a little from tensor to tensor would leave as much again as garbage.
      const length = block * rowBytes;
      if (this.#bytes.length < length)
        this.#bytes = new Uint8Array(Math.max(length, Math.min(2 * length, TransposedRows.limit)));
      await make(first, this.#bytes.subarray(0, block * rowBytes), this.#window);
      [this.#tensor, this.#first, this.#count] = [name, first, block];
    }
    const from = (first - this.#first) * rowBytes;
    target.set(this.#bytes.subarray(from, from + target.length));
    return target;
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
  return {
    name,
    shape,
    encoding,
    rowBytes,
    async readRows(first, count, signal, into) {
      checkRead({ name, size: rows }, first, count);
      if (count === 0) return new Uint8Array(0);
      if (placement.kind === 'rows') return array.read(placement.first + first * width, count * width, signal, into);
      const make = (row: number, target: Bytes, window: Bytes) =>
        transposeRows(array, placement, row, rowBytes, target, window, signal);
      return transposed.rows({ name, rowBytes }, rows, first, count, make, into);
    },
  };
}

/** Fills `target` with rows that may be columns of several planes. */
async function transposeRows(
  array: StoredArray,
  placement: ColumnPlacement,
  first: number,
  rowBytes: number,
  target: Bytes,
  window: Bytes,
  signal?: AbortSignal,
): Promise<void> {
  const { planeColumns } = placement;
  const rows = target.length / rowBytes;
  for (let done = 0; done < rows; ) {
    const plane = Math.floor((first + done) / planeColumns);
    const column = (first + done) % planeColumns;
    const columns = Math.min(rows - done, planeColumns - column);
    const part = target.subarray(done * rowBytes, (done + columns) * rowBytes);
    await transposeColumns(array, placement, plane, column, part, window, signal);
    done += columns;
  }
}

/** Columns of one plane, from `column` on, as the rows of `target`. Reads the plane once, a window at a time. */
async function transposeColumns(
  array: StoredArray,
  { first, planeRows, planeColumns }: ColumnPlacement,
  plane: number,
  column: number,
  target: Bytes,
  window: Bytes,
  signal?: AbortSignal,
): Promise<void> {
  const { blockBytes } = encodings[array.encoding];
  const output = elementsOf(target, blockBytes);
  const columns = output.length / planeRows;
  const planeRowBytes = planeColumns * blockBytes;
  const windowRows = Math.max(1, Math.floor(window.length / planeRowBytes));
  for (let row = 0; row < planeRows; row += windowRows) {
    const rows = Math.min(windowRows, planeRows - row);
    const start = first + (plane * planeRows + row) * planeColumns;
    const bytes = await array.read(start, rows * planeColumns, signal, window.subarray(0, rows * planeRowBytes));
    const input = elementsOf(bytes, blockBytes);
    for (let i = 0; i < columns; i++) {
      let from = column + i;
      for (let to = i * planeRows + row, end = to + rows; to < end; to++, from += planeColumns)
        output[to] = input[from]!;
    }
  }
}

/** Two- or four-byte elements as integers: they are moved, not computed with. */
function elementsOf({ buffer, byteOffset, length }: Bytes, blockBytes: number): Uint16Array | Uint32Array {
  return blockBytes === 2
    ? new Uint16Array(buffer, byteOffset, length / 2)
    : new Uint32Array(buffer, byteOffset, length / 4);
}
