import { type CheckpointTensor, rowCount } from './checkpoint.ts';
import { EMBEDDING, HEAD } from './gemma2-tensors.ts';

const PIECE_BYTES = 8 * 2 ** 20;

/**
 * Gemma 2 uses its embedding as the output matrix. Fine-tunes may store an output matrix as well: it is left out when
 * it holds the same bytes, and kept when it does not.
 */
export async function tiedHeadDropped(
  tensors: ReadonlyMap<string, CheckpointTensor>,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, CheckpointTensor>> {
  const head = tensors.get(HEAD);
  if (!head || !(await sameContent(head, tensors.get(EMBEDDING)!, signal))) return tensors;
  return new Map([...tensors].filter(([name]) => name !== HEAD));
}

async function sameContent(a: CheckpointTensor, b: CheckpointTensor, signal?: AbortSignal): Promise<boolean> {
  if (a.encoding !== b.encoding) return false;
  const rows = rowCount(a);
  const step = Math.max(1, Math.floor(PIECE_BYTES / a.rowBytes));
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row);
    const [left, right] = await Promise.all([a.readRows(row, count, signal), b.readRows(row, count, signal)]);
    if (left.some((byte, i) => byte !== right[i])) return false;
  }
  return true;
}
