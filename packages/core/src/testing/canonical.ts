import { createHash } from 'node:crypto';
import { type Checkpoint, type CheckpointTensor, rowCount } from '../checkpoint/checkpoint.ts';
import { decodeFloats, isFloat } from '../checkpoint/encoding.ts';

/** All values of a tensor in f32, read a few rows at a time. */
export async function tensorValues(tensor: CheckpointTensor, rowsAtOnce = 7): Promise<Float32Array> {
  const { encoding } = tensor;
  if (!isFloat(encoding)) throw new Error(`${tensor.name} is stored as ${encoding}`);
  const rows = rowCount(tensor);
  const parts: Float32Array[] = [];
  for (let row = 0; row < rows; row += rowsAtOnce)
    parts.push(decodeFloats(encoding, await tensor.readRows(row, Math.min(rowsAtOnce, rows - row))));
  const values = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return values;
}

/** SHA-256 of the f32 bits of every tensor, by canonical name: equal for equal models, whatever their format. */
export async function fingerprints({ tensors }: Checkpoint): Promise<Record<string, string>> {
  const entries: [string, string][] = [];
  for (const [name, tensor] of tensors) {
    const values = await tensorValues(tensor);
    entries.push([name, createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex')]);
  }
  return Object.fromEntries(entries);
}
