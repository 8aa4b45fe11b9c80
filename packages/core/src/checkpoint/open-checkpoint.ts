import { type ByteFolder, type ByteSource, isByteFolder, subfolder } from '../storage/byte-source.ts';
import { FileMissingError } from '../storage/storage-errors.ts';
import type { Checkpoint } from './checkpoint.ts';
import { TruncatedFileError } from './checkpoint-errors.ts';
import { words } from './field.ts';
import { findModels, isModelEntry, isOrbaxFolder } from './find-models.ts';
import { openGguf } from './gguf/gguf-checkpoint.ts';
import { isGguf } from './gguf/gguf-file.ts';
import { configBeside } from './inferred-config.ts';
import { isHdf5 } from './keras/hdf5-file.ts';
import { openKeras, WEIGHTS_FILE, WEIGHTS_INDEX } from './keras/keras-checkpoint.ts';
import { isModelPart } from './model-part.ts';
import { isOcdbt, isOcdbtNode } from './orbax/ocdbt-format.ts';
import { openOrbax } from './orbax/orbax-checkpoint.ts';
import { PartOfModelError, SeveralModelsError, UnrecognisedFormatError } from './recognition-errors.ts';
import { INDEX_FILE, openHuggingFace, SINGLE_FILE } from './safetensors/safetensors-checkpoint.ts';
import { isSafetensors } from './safetensors/safetensors-file.ts';
import { openTorch, TORCH_FILES, TORCH_INDEX } from './torch/torch-checkpoint.ts';
import { isZip } from './torch/zip-archive.ts';

type Opened = Omit<Checkpoint, 'close'>;
type Opener = (folder: ByteFolder, only: undefined, closing: ByteSource[], signal?: AbortSignal) => Promise<Opened>;

/** Files that give a folder's format away, in the order they are looked for. Any other file is told by its content. */
const markers: readonly (readonly [file: string, open: Opener])[] = [
  [INDEX_FILE, openHuggingFace],
  [SINGLE_FILE, openHuggingFace],
  [WEIGHTS_INDEX, openKeras],
  [WEIGHTS_FILE, openKeras],
  [TORCH_INDEX, openTorch],
  ...TORCH_FILES.map((file) => [file, openTorch] as const),
];
/** Weights by any name, in the order they are looked for. */
const modelFiles = [/\.gguf$/i, /\.safetensors$/i, /\.h5$/i, /\.(ckpt|bin|pth?)$/i];
/** What tells the files of one model apart. */
const PART = /[-_]\d{5}(-of-\d{5})?(?=\.)/;

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

async function openFile(source: ByteSource, closing: ByteSource[], signal?: AbortSignal): Promise<Opened> {
  const start = await source.read(0, Math.min(16, source.size), signal);
  // One shard opens the others beside it, so there must be a place where they are.
  if (!source.folder && PART.test(source.name) && !isGguf(start)) throw new PartOfModelError(source.name);
  if (source.size < 16) {
    if (isModelPart(source.name)) throw await partOf(source, signal);
    throw new TruncatedFileError(source.name, { en: 'model', ja: 'モデル' }, words.header, 16, source.size);
  }
  if (isGguf(start)) return openGguf(source, closing, signal);
  if (isHdf5(start)) return openKeras(source.folder, source, closing, signal);
  if (isZip(start)) return openTorch(source.folder, source, closing, signal);
  if (isOcdbt(start) && source.folder) return openOrbax(source.folder, source.folder, closing, signal);
  if (isSafetensors(start, source.size)) {
    if (!source.folder) throw new PartOfModelError(source.name);
    return openHuggingFace(source.folder, source, closing, signal);
  }
  if (isModelPart(source.name) || isOcdbt(start) || isOcdbtNode(start)) throw await partOf(source, signal);
  throw new UnrecognisedFormatError(source.name, printable(start));
}

async function partOf({ name, folder }: ByteSource, signal?: AbortSignal): Promise<PartOfModelError> {
  const isModel = folder && (await holdsModel(folder, signal));
  return new PartOfModelError(name, isModel ? (folder.location ?? folder.name) : undefined);
}

async function openFolder(folder: ByteFolder, closing: ByteSource[], signal?: AbortSignal): Promise<Opened> {
  // A folder of another family is called that, whatever its weights are stored as.
  const config = await configBeside(folder, signal);
  for (const [file, open] of markers)
    if (await holds(folder, file, signal)) return open(folder, undefined, closing, signal);
  const file = modelFile(folder.name, (await folder.list?.()) ?? []);
  if (file !== undefined) {
    const source = await folder.open(file, signal);
    if (!source) throw new FileMissingError(file, folder.name); // Such as a link to nowhere.
    closing.push(source);
    return openFile(source, closing, signal);
  }
  if (await isOrbaxFolder(folder, signal)) return openOrbax(folder, folder, closing, signal);
  const [below, ...others] = await findModels(folder);
  // What names alone would take for a model in the folder itself has been looked at by now.
  if (below !== undefined && below !== '') {
    if (others.length > 0) throw new SeveralModelsError(folder.name, [below, ...others]);
    const inner = subfolder(folder, below);
    return (await isOrbaxFolder(inner, signal))
      ? openOrbax(inner, folder, closing, signal)
      : openFolder(inner, closing, signal);
  }
  if (config) throw new FileMissingError(SINGLE_FILE, folder.name);
  throw new UnrecognisedFormatError(folder.name, '');
}

/** Whether a model lies in the folder itself. */
async function holdsModel(folder: ByteFolder, signal?: AbortSignal): Promise<boolean> {
  if (folder.list) return (await folder.list()).some(isModelEntry);
  for (const [file] of markers) if (await holds(folder, file, signal)) return true;
  return isOrbaxFolder(folder, signal);
}

/** The file of a folder's model, or one of its parts. @throws {SeveralModelsError} */
function modelFile(folder: string, entries: readonly string[]): string | undefined {
  for (const format of modelFiles) {
    const files = entries.filter((name) => format.test(name));
    const models = new Map(files.map((name) => [name.replace(PART, ''), name]));
    if (models.size > 1) throw new SeveralModelsError(folder, [...models.values()]);
    if (files.length > 0) return files[0];
  }
  return undefined;
}

async function holds(folder: ByteFolder, file: string, signal?: AbortSignal): Promise<boolean> {
  const source = await folder.open(file, signal);
  await source?.close?.();
  return source !== undefined;
}

/** How a file begins, as text where that is readable: `'<!doctype html>…'` tells more than numbers. */
function printable(bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes);
  return /^[\x20-\x7e\s]+$/.test(text)
    ? JSON.stringify(text)
    : [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
