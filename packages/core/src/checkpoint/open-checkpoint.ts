import { type ByteFolder, type ByteSource, isByteFolder } from '../storage/byte-source.ts';
import { FileMissingError } from '../storage/storage-errors.ts';
import type { Checkpoint } from './checkpoint.ts';
import { TruncatedFileError, UnrecognisedFormatError } from './checkpoint-errors.ts';
import { openGguf } from './gguf/gguf-checkpoint.ts';
import { isGguf } from './gguf/gguf-file.ts';
import { openHuggingFace } from './safetensors/safetensors-checkpoint.ts';
import { isSafetensors } from './safetensors/safetensors-file.ts';

/**
 * Opens a Gemma 2 checkpoint, recognised by content, not by name. It reads headers only; weights are read when asked
 * for. The given source is closed with the checkpoint, or at once if opening fails. Every fault of the files ends in a
 * typed error.
 */
export async function openCheckpoint(
  from: ByteSource | ByteFolder,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Checkpoint> {
  const closing: ByteSource[] = isByteFolder(from) ? [] : [from];
  const close = async () => {
    await Promise.all(closing.splice(0).map((source) => source.close?.()));
  };
  try {
    const opened = await (isByteFolder(from) ? openFolder(from, closing, signal) : openFile(from, closing, signal));
    return { ...opened, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openFile(
  source: ByteSource,
  closing: ByteSource[],
  signal?: AbortSignal,
): Promise<Omit<Checkpoint, 'close'>> {
  const start = await source.read(0, Math.min(16, source.size), signal);
  if (source.size < 16) throw new TruncatedFileError(source.name, 'model', 'the header', 16, source.size);
  if (isGguf(start)) return openGguf(source, closing, signal);
  if (isSafetensors(start, source.size)) {
    if (!source.folder) throw new FileMissingError('config.json', source.name);
    return openHuggingFace(source.folder, source, closing, signal);
  }
  throw new UnrecognisedFormatError(source.name, printable(start));
}

async function openFolder(
  folder: ByteFolder,
  closing: ByteSource[],
  signal?: AbortSignal,
): Promise<Omit<Checkpoint, 'close'>> {
  const gguf = (await folder.list?.())?.find((name) => name.endsWith('.gguf'));
  const config = await folder.open('config.json', signal);
  await config?.close?.();
  if (config) return openHuggingFace(folder, undefined, closing, signal);
  const source = gguf === undefined ? undefined : await folder.open(gguf, signal);
  if (!source) throw new UnrecognisedFormatError(folder.name, '');
  closing.push(source);
  return openFile(source, closing, signal);
}

/** How a file begins, as text where that is readable: `'<!doctype html>…'` tells more than numbers. */
function printable(bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes);
  return /^[\x20-\x7e\s]+$/.test(text)
    ? JSON.stringify(text)
    : [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
