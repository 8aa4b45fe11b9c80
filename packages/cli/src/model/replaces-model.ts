import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { OutputFormat } from './write-model.ts';

/**
 * Whether writing OUT would replace what is being read: a GGUF its own file, a folder the configuration beside the
 * weights. A copy of the same model that lies elsewhere may be replaced, and so may what an earlier run has written.
 */
export async function replacesModel(model: string, output: string, format: OutputFormat): Promise<boolean> {
  const source = await onDisk(model);
  if (source === undefined) return false;
  if ((await onDisk(output)) === source) return true;
  if (format === 'gguf' || /\.gguf$/i.test(source)) return false;
  const folder = output.endsWith('.safetensors') ? dirname(output) : output;
  const config = await onDisk(join(folder, 'config.json'));
  return config !== undefined && (dirname(config) === source || dirname(config) === dirname(source));
}

/** The path with all links followed; undefined for what is not there, such as the reference of a model on a hub. */
const onDisk = (path: string): Promise<string | undefined> => realpath(path).catch(() => undefined);
