import type { ByteFolder } from '../storage/byte-source.ts';
import { FileUnreadableError } from '../storage/storage-errors.ts';

/** How many folders deep a model is looked for. */
const SEARCH_DEPTH = 3;
/** Weights, or a list of the files they are in. */
const WEIGHTS = /\.(gguf|safetensors|h5|ckpt|bin|pth?)$|\.(index|weights)\.json$/i;
/** What only an Orbax checkpoint has, or how its folders begin when someone has kept only the arrays. */
const ORBAX = /^(manifest\.ocdbt|_METADATA|(transformer|embedder|final_norm|layer_\d+|stacked_layers)[./].*)$/;
/** Files that tell an Orbax checkpoint where nothing can be listed. */
const ORBAX_FILES = ['manifest.ocdbt', '_METADATA'];

/** Whether a file or folder of this name is where a model is. */
export const isModelEntry = (entry: string): boolean => WEIGHTS.test(entry) || ORBAX.test(entry);

/**
 * Paths of the folders that seem to hold a model: the given one, which is `''`, or else some below it. Names tell it;
 * no file is read. A folder that cannot be read, such as a disk's own `lost+found`, is passed over if there is a model
 * beside it.
 *
 * @throws {FileUnreadableError} where nothing is found beside it
 */
export async function findModels(folder: ByteFolder, path = '', depth = 0): Promise<readonly string[]> {
  const entries = (await folder.list?.(path)) ?? [];
  if (entries.some(isModelEntry)) return [path];
  if (depth === SEARCH_DEPTH) return [];
  const found: string[] = [];
  const unreadable: unknown[] = [];
  for (const entry of entries) {
    if (!entry.endsWith('/') || entry.startsWith('.')) continue;
    const below = `${path === '' ? '' : `${path}/`}${entry.slice(0, -1)}`;
    try {
      found.push(...(await findModels(folder, below, depth + 1)));
    } catch (error) {
      if (!(error instanceof FileUnreadableError)) throw error;
      unreadable.push(error);
    }
  }
  if (found.length === 0 && unreadable.length > 0) throw unreadable[0];
  return found;
}

/** Whether an Orbax checkpoint lies in the folder itself. */
export async function isOrbaxFolder(folder: ByteFolder, signal?: AbortSignal): Promise<boolean> {
  if (folder.list) return (await folder.list()).some((entry) => ORBAX.test(entry));
  for (const file of ORBAX_FILES) {
    const source = await folder.open(file, signal);
    await source?.close?.();
    if (source) return true;
  }
  return false;
}
