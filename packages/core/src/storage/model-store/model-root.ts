import { type ByteFolder, subfolder } from '../byte-source.ts';
import type { ModelDescription } from './model-description.ts';

/**
 * The folder that is the model, among the files as their repository has them: `hf:OWNER/REPO/FOLDER/` is stored with
 * the folder's name in every path. It is the innermost folder that holds all files, if it holds one of them directly.
 */
export function modelRoot(folder: ByteFolder, { files }: Pick<ModelDescription, 'files'>): ByteFolder {
  const folders = files.map(({ path }) => path.split('/').slice(0, -1));
  const [shortest = []] = folders.toSorted((a, b) => a.length - b.length);
  const holdsAll = shortest.length > 0 && folders.every((names) => shortest.every((name, i) => names[i] === name));
  return holdsAll ? subfolder(folder, shortest.join('/')) : folder;
}
