import { realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { OutputFormat } from './write-model.ts';

/** What a Hugging Face folder is made of, besides weights of another name. */
const FOLDER_FILES =
  /^((config|tokenizer_config|generation_config)\.json|tokenizer\.model|model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?)$/;

/**
 * Whether writing OUT would replace a file of those that a model is read from. A copy of the same model that lies
 * elsewhere may be replaced, and so may what an earlier run has written.
 */
export async function replacesModel(
  filesRead: ReadonlySet<string>,
  output: string,
  format: OutputFormat,
): Promise<boolean> {
  const target = await onDisk(output);
  const read = (await Promise.all([...filesRead].map(onDisk))).filter((path) => path !== undefined);
  if (target !== undefined && read.includes(target)) return true;
  if (format === 'gguf') return false;
  const folder = await onDisk(output.endsWith('.safetensors') ? dirname(output) : output);
  return read.some((path) => dirname(path) === folder && FOLDER_FILES.test(basename(path)));
}

/** The path with all links followed; undefined for what is not there, such as the reference of a model on a hub. */
const onDisk = (path: string): Promise<string | undefined> => realpath(path).catch(() => undefined);
