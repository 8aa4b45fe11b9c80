import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Checkpoint, ConvertOptions, FolderWriter } from '@tama/core';

export const outputFormats = ['gguf', 'safetensors'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** What the name of an output asks for. */
export const outputFormat = (path: string): OutputFormat => (/\.gguf$/i.test(path) ? 'gguf' : 'safetensors');

/** Writes a checkpoint to a GGUF file or to a folder; every file appears when it is complete. Returns their bytes. */
export async function writeModel(
  checkpoint: Checkpoint,
  path: string,
  format: OutputFormat,
  options: ConvertOptions,
): Promise<number> {
  const [{ writeGguf, writeHuggingFace }, { writeNodeFile }] = await Promise.all([
    import('@tama/core'),
    import('@tama/core/node'),
  ]);
  const tokenizer = await checkpoint.tokenizer?.(options.signal);
  let bytes = 0;
  const write = (file: string, produce: Parameters<FolderWriter>[1]) =>
    writeNodeFile(file, (sink) =>
      produce({
        async write(piece) {
          await sink.write(piece);
          bytes += piece.length;
        },
      }),
    );
  if (format === 'gguf') await write(path, (sink) => writeGguf(checkpoint, tokenizer, sink, options));
  else {
    const namesFile = path.endsWith('.safetensors');
    const folder = namesFile ? dirname(path) : path;
    const weights = namesFile ? basename(path) : 'model.safetensors';
    const toFolder: FolderWriter = async (file, produce) => {
      await mkdir(folder, { recursive: true });
      await write(join(folder, file === 'model.safetensors' ? weights : file), produce);
    };
    await writeHuggingFace(checkpoint, tokenizer, toFolder, options);
  }
  return bytes;
}
