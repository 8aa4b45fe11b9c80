import { weightFormats } from '@tama/kernels-wgsl';
import { type CheckpointTensor, rowCount, rowWidth } from '../checkpoint/checkpoint.ts';
import { rowBytes } from '../checkpoint/encoding.ts';
import { findNotFinite } from '../checkpoint/not-finite.ts';
import { checkFinite } from '../checkpoint/verify.ts';
import { quantise, type WritableEncoding } from '../quantise/quantise.ts';
import type { Bytes } from '../storage/byte-source.ts';
import { WeightRangeError } from './convert-errors.ts';

/** Weights decoded at once. */
const VALUES = 2 ** 18;
/** Bytes copied at once where nothing is decoded. */
const COPY_BYTES = 4 * 2 ** 20;

/** How to store a tensor: in another encoding or as it is, and as w or, as GGUF has norms, as 1 + w in f32. */
export type Stored =
  | { readonly encoding?: WritableEncoding | undefined; readonly plusOne?: false }
  | { readonly encoding: 'f32'; readonly plusOne: true };

/**
 * Gives the rows of tensors in other encodings, a few at a time. An array is valid until the next is asked for, of
 * whatever tensor: they share their memory, since garbage of this size would pile up.
 */
export class RowEncoder {
  readonly #signal: AbortSignal | undefined;
  #input: Bytes = new Uint8Array(0);
  #output: Bytes = new Uint8Array(0);

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** @throws {NotFiniteWeightsError} @throws {WeightRangeError} and what reading throws */
  async *rows(
    tensor: CheckpointTensor,
    { encoding, plusOne = false }: Stored,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const width = rowWidth(tensor);
    const rows = rowCount(tensor);
    const { encoding: from } = tensor;
    const to = encoding ?? from;
    const isCopy = to === from && !plusOne;
    const step = Math.max(1, Math.floor(isCopy ? COPY_BYTES / tensor.rowBytes : VALUES / width));
    this.#input = atLeast(this.#input, Math.min(step, rows) * tensor.rowBytes);
    if (!isCopy) this.#output = atLeast(this.#output, Math.min(step, rows) * rowBytes(to, width));
    for (let row = 0; row < rows; row += step) {
      const count = Math.min(step, rows - row);
      const input = this.#input.subarray(0, count * tensor.rowBytes);
      const bytes = await tensor.readRows(row, count, this.#signal, input);
      this.#signal?.throwIfAborted();
      checkFinite(tensor, row, bytes);
      if (isCopy) {
        yield bytes;
        continue;
      }
      const values = weightFormats[from].dequantize(bytes, count * width);
      if (plusOne) for (let i = 0; i < values.length; i++) values[i]! += 1;
      const target = this.#output.subarray(0, count * rowBytes(to, width));
      quantise(to as WritableEncoding, values, target);
      const tooLarge = findNotFinite(to, target);
      if (tooLarge) throw new WeightRangeError(tensor.name, row + Math.floor(tooLarge.element / width), to);
      yield target;
    }
  }
}

const atLeast = (memory: Bytes, length: number): Bytes => (memory.length < length ? new Uint8Array(length) : memory);
