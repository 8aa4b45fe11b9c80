import { weightFormats } from '@tama/kernels-wgsl';
import { type CheckpointTensor, rowWidth } from '../checkpoint/checkpoint.ts';
import { isFloat, rowBytes } from '../checkpoint/encoding.ts';
import { findNotFinite } from '../checkpoint/not-finite.ts';
import { type RowRangeOptions, RowReader } from '../checkpoint/row-ranges.ts';
import { checkFinite } from '../checkpoint/verify.ts';
import { quantise, type WritableEncoding } from '../quantise/quantise.ts';
import { widenFloats } from '../quantise/widen-floats.ts';
import type { Bytes } from '../storage/byte-source.ts';
import { WeightRangeError } from './convert-errors.ts';

/** Weights encoded at once. */
const VALUES = 2 ** 18;

/** How to store a tensor: in another encoding or as it is, and as w or, as GGUF has norms, as 1 + w in f32. */
export type Stored =
  | { readonly encoding?: WritableEncoding | undefined; readonly plusOne?: false }
  | { readonly encoding: 'f32'; readonly plusOne: true };

/**
 * Gives the rows of tensors in other encodings, some at a time. An array is valid until the next is asked for, of
 * whatever tensor, and one tensor is encoded at a time: all share their memory, since garbage of this size would pile up.
 */
export class RowEncoder {
  readonly #reader = new RowReader();
  #values = new Float32Array(0);
  #output: Bytes = new Uint8Array(0);

  /** @throws {NotFiniteWeightsError} @throws {WeightRangeError} and what reading throws */
  async *rows(
    tensor: CheckpointTensor,
    { encoding, plusOne = false }: Stored,
    options: RowRangeOptions = {},
  ): AsyncGenerator<Bytes, void, undefined> {
    const { encoding: from } = tensor;
    const to = encoding ?? from;
    const width = rowWidth(tensor);
    const step = Math.max(1, Math.floor(VALUES / width));
    for await (const { firstRow, rows } of this.#reader.ranges(tensor, options)) {
      checkFinite(tensor, firstRow, rows);
      if (to === from && !plusOne) {
        yield rows;
        continue;
      }
      const count = rows.length / tensor.rowBytes;
      for (let row = 0; row < count; row += step) {
        options.signal?.throwIfAborted();
        const some = Math.min(step, count - row);
        const values = this.#decode(
          tensor,
          rows.subarray(row * tensor.rowBytes, (row + some) * tensor.rowBytes),
          some * width,
        );
        if (plusOne) for (let i = 0; i < values.length; i++) values[i]! += 1;
        const bytes = some * rowBytes(to, width);
        if (this.#output.length < bytes) this.#output = new Uint8Array(Math.max(4 * VALUES, bytes));
        const target = this.#output.subarray(0, bytes);
        quantise(to as WritableEncoding, values, target);
        const tooLarge = findNotFinite(to, target);
        if (tooLarge)
          throw new WeightRangeError(tensor.name, firstRow + row + Math.floor(tooLarge.element / width), to);
        yield target;
      }
    }
  }

  #decode({ encoding }: CheckpointTensor, rows: Uint8Array, count: number): Float32Array {
    if (this.#values.length < count) this.#values = new Float32Array(Math.max(VALUES, count));
    const values = this.#values.subarray(0, count);
    if (isFloat(encoding)) widenFloats(encoding, rows, values);
    else weightFormats[encoding].dequantize(rows, count, values);
    return values;
  }
}
