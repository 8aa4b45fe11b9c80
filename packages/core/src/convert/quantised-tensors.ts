import { type Checkpoint, type CheckpointTensor, rowWidth } from '../checkpoint/checkpoint.ts';
import { isFloat, rowBytes, type WeightEncoding } from '../checkpoint/encoding.ts';
import { EMBEDDING, HEAD } from '../checkpoint/gemma2-tensors.ts';
import type { WritableEncoding } from '../quantise/quantise.ts';
import { lent } from '../storage/byte-source.ts';
import { AlreadyQuantisedError } from './convert-errors.ts';
import { RowEncoder } from './row-encoder.ts';
import { fitting } from './weight-types.ts';

/** What float weights can be quantised to while they are loaded. docs/quantisation.md has their bits and their error. */
export const loadedWeights = ['q8', 'q4'] as const;
export type LoadedWeights = (typeof loadedWeights)[number];

/** The embedding, which is the output matrix as well, costs as much error at 4 bits as all layers together. */
const encodingsOf = {
  q8: { layers: 'q8_0', embedding: 'q8_0' },
  q4: { layers: 'q4_k', embedding: 'q6_k' },
} as const satisfies Record<LoadedWeights, Record<string, WritableEncoding>>;

/** Whether all matrices are stored as floats. */
export const canQuantise = ({ tensors }: Pick<Checkpoint, 'tensors'>): boolean =>
  [...tensors.values()].every(({ shape, encoding }) => shape.length === 1 || isFloat(encoding));

/**
 * The same tensors with their matrices quantised as they are read, row range by row range. They share memory: one is
 * read at a time. Matrices whose rows are no multiple of 32 stay floats, which no size of Gemma 2 has.
 *
 * @throws {AlreadyQuantisedError} where a matrix is not stored as floats
 */
export function quantisedTensors(
  { tensors }: Pick<Checkpoint, 'tensors'>,
  weights: LoadedWeights,
): Checkpoint['tensors'] {
  const encoder = new RowEncoder();
  const { layers, embedding } = encodingsOf[weights];
  const quantised = (tensor: CheckpointTensor): CheckpointTensor => {
    if (tensor.shape.length === 1) return tensor;
    if (!isFloat(tensor.encoding)) {
      throw new AlreadyQuantisedError(tensor.name, tensor.encoding.toUpperCase(), weights);
    }
    const isVocabulary = tensor.name === EMBEDDING || tensor.name === HEAD;
    const encoding = fitting(isVocabulary ? embedding : layers, rowWidth(tensor));
    return isFloat(encoding) ? tensor : encoded(tensor, encoding, encoder);
  };
  return new Map([...tensors].map(([name, tensor]) => [name, quantised(tensor)]));
}

function encoded(
  tensor: CheckpointTensor,
  encoding: WritableEncoding & WeightEncoding,
  encoder: RowEncoder,
): CheckpointTensor {
  const bytes = rowBytes(encoding, rowWidth(tensor));
  return {
    ...tensor,
    encoding,
    rowBytes: bytes,
    async readRows(firstRow, count, signal, into) {
      const target = lent(count * bytes, into);
      let at = 0;
      for await (const rows of encoder.rows(tensor, { encoding }, { signal, firstRow, endRow: firstRow + count })) {
        target.set(rows, at);
        at += rows.length;
      }
      return target;
    },
  };
}
