import type { Gemma2Config } from '../gemma2/config.ts';
import type { CheckpointTensor } from './checkpoint.ts';
import { MissingTensorError, TensorShapeError, UnexpectedTensorError } from './checkpoint-errors.ts';
import { EMBEDDING, gemma2Tensors, HEAD, type TensorShape } from './gemma2-tensors.ts';

/**
 * The tensors of a checkpoint in canonical order, after checking that they are exactly those of a Gemma 2 of this
 * configuration and have its shapes. `found` is keyed by canonical name; unknown tensors keep their own.
 */
export function completeTensorSet(
  checkpoint: string,
  config: Gemma2Config,
  found: ReadonlyMap<string, CheckpointTensor>,
): ReadonlyMap<string, CheckpointTensor> {
  const specs = gemma2Tensors(config);
  const missing = specs.filter(({ name }) => !found.has(name));
  if (missing[0]) throw new MissingTensorError(checkpoint, missing[0].name, missing.length, specs.length);
  const tensors = new Map<string, CheckpointTensor>();
  const accept = (name: string, shape: TensorShape) => {
    const tensor = found.get(name)!;
    if (!sameShape(tensor.shape, shape)) throw new TensorShapeError(checkpoint, name, tensor.shape, shape);
    tensors.set(name, tensor);
  };
  for (const { name, shape } of specs) accept(name, shape);
  if (found.has(HEAD)) accept(HEAD, tensors.get(EMBEDDING)!.shape);
  for (const name of found.keys()) if (!tensors.has(name)) throw new UnexpectedTensorError(checkpoint, name);
  return tensors;
}

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);
