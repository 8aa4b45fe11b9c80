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
 * The rows of a tensor in another encoding, a few at a time. An array is valid until the next is asked for.
 *
 * @throws {NotFiniteWeightsError} @throws {WeightRangeError} and what reading throws
 */
export async function* encodedRows(
  tensor: CheckpointTensor,
  { encoding, plusOne = false }: Stored,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const width = rowWidth(tensor);
  const rows = rowCount(tensor);
  const { encoding: from } = tensor;
  const to = encoding ?? from;
  const isCopy = to === from && !plusOne;
  const step = Math.max(1, Math.floor(isCopy ? COPY_BYTES / tensor.rowBytes : VALUES / width));
  const input: Bytes = new Uint8Array(Math.min(step, rows) * tensor.rowBytes);
  const output = isCopy ? input : new Uint8Array(Math.min(step, rows) * rowBytes(to, width));
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row);
    const bytes = await tensor.readRows(row, count, signal, input.subarray(0, count * tensor.rowBytes));
    signal?.throwIfAborted();
    checkFinite(tensor, row, bytes);
    if (isCopy) {
      yield bytes;
      continue;
    }
    const values = weightFormats[from].dequantize(bytes, count * width);
    if (plusOne) for (let i = 0; i < values.length; i++) values[i]! += 1;
    const target = output.subarray(0, count * rowBytes(to, width));
    quantise(to as WritableEncoding, values, target);
    const tooLarge = findNotFinite(to, target);
    if (tooLarge) throw new WeightRangeError(tensor.name, row + Math.floor(tooLarge.element / width), to);
    yield target;
  }
}
