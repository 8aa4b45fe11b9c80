import { pitchOf } from '@tama/kernels-wgsl';
import type { Gemma2Config } from './config.ts';
import type { BufferLimits } from './planned-weights.ts';

const [small, ...larger] = [128, 256, 512] as const;

/**
 * Rows that a prefill chunk may have, ascending: the first, unless tuning finds another faster. More rows give all cores of
 * a GPU work and read the weights less often; a software adapter gains nothing, and an abort waits for a chunk.
 */
export function prefillChunks(
  { intermediateSize }: Gemma2Config,
  context: number,
  { isFallbackAdapter }: Pick<GPUAdapterInfo, 'isFallbackAdapter'>,
  { maxStorageBufferBindingSize }: Pick<BufferLimits, 'maxStorageBufferBindingSize'>,
): readonly number[] {
  if (isFallbackAdapter) return [Math.min(64, context)];
  const rowBytes = 4 * pitchOf(2 * intermediateSize); // of the widest activation
  const fits = (rows: number) => rows <= context && rows * rowBytes <= maxStorageBufferBindingSize;
  return [Math.min(small, context), ...larger.filter(fits)];
}
