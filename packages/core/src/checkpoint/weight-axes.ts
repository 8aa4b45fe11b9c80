import type { Gemma2Config } from '../gemma2/config.ts';
import { TensorShapeError } from './checkpoint-errors.ts';
import type { TensorSpec } from './gemma2-tensors.ts';
import type { Placement } from './stored-array.ts';

/**
 * JAX and Keras keep matrices [in, out], and attention's with an axis for the heads. These are the shapes that a
 * tensor may have there; matrices of an MLP may also be stored as they are here, [out, in].
 */
function placements(
  { role, shape }: TensorSpec,
  { heads, kvHeads, headDim, hiddenSize }: Gemma2Config,
): readonly (readonly [readonly number[], Placement])[] {
  const asStored: Placement = { kind: 'rows', first: 0 };
  if (shape.length === 1 || role === 'embedding') return [[shape, asStored]];
  const [out, width] = shape;
  if (role === 'query' || role === 'key' || role === 'value') {
    const perHead: Placement = { kind: 'columns', first: 0, planeRows: width, planeColumns: headDim };
    return [[[role === 'query' ? heads : kvHeads, hiddenSize, headDim], perHead]];
  }
  const transposed: Placement = { kind: 'columns', first: 0, planeRows: width, planeColumns: out };
  if (role === 'attentionOutput') return [[[heads, headDim, hiddenSize], transposed]];
  const inOut: readonly [readonly number[], Placement] = [[width, out], transposed];
  // Equal widths leave both readings possible; [in, out] is then the rule.
  return role === 'down' ? [inOut] : [inOut, [[out, width], asStored]];
}

/**
 * Where a tensor lies in an array of the given shape; `lead` are the array's leading axes and the index in each that
 * the tensor is at. Throws {@link TensorShapeError} for a shape that the tensor cannot have.
 */
export function placeTensor(
  checkpoint: string,
  spec: TensorSpec,
  config: Gemma2Config,
  stored: readonly number[],
  lead: readonly { readonly size: number; readonly index: number }[] = [],
): Placement {
  const choices = placements(spec, config);
  const leading = lead.map(({ size }) => size);
  const found = choices.find(([shape]) => sameShape(stored, [...leading, ...shape]));
  if (!found) throw new TensorShapeError(checkpoint, spec.name, stored, [...leading, ...choices[0]![0]]);
  const [shape, placement] = found;
  const elements = shape.reduce((product, size) => product * size, 1);
  const position = lead.reduce((flat, { size, index }) => flat * size + index, 0);
  return { ...placement, first: position * elements };
}

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);
