import { filesFolder, findModels, isModelPart, PartOfModelError, type PickedFolder, pickedFolder } from '@tama/core';
import type { ModelFiles } from '../engine-host.ts';
import { deepest, filesBelow, mostEntries } from './dropped-folder.ts';
import { FolderTooLargeError, NoModelFilesError } from './model-file-errors.ts';

/** Version control and caches lie in hidden folders. Hidden files can belong to a model: `.zarray`. */
const inHiddenFolder = (path: string) => /(^|\/)\.[^/]*\//.test(path);

/**
 * What was chosen with a file input, or dropped without a folder.
 *
 * @throws {NoModelFilesError} @throws {PartOfModelError} @throws {FolderTooLargeError}
 */
export async function chosenModel(files: readonly File[]): Promise<ModelFiles> {
  const [file] = files;
  if (files.length !== 1 || !file || file.webkitRelativePath) return modelFolder(pickedFolder(files));
  if (isModelPart(file.name)) throw new PartOfModelError(file.name);
  // A file whose name has no ending, as in Ollama's store, is told by its content.
  if (file.name.includes('.')) await modelFolder({ name: file.name, files: new Map([[file.name, file]]) });
  return file;
}

/** What was dropped: the same, with everything in the folders that were dropped. */
export async function droppedModel(transfer: DataTransfer): Promise<ModelFiles> {
  // Both must be asked for before the first await: the transfer is empty afterwards.
  const files = Array.from(transfer.files);
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.()).filter((entry) => !!entry);
  if (!entries.some(({ isDirectory }) => isDirectory)) return chosenModel(files);
  return modelFolder(await filesBelow(entries));
}

async function modelFolder({ name, files }: PickedFolder): Promise<PickedFolder> {
  const folder = { name, files: new Map([...files].filter(([path]) => !inHiddenFolder(path))) };
  if (folder.files.size > mostEntries) throw new FolderTooLargeError(name, mostEntries, deepest);
  if ((await findModels(filesFolder(folder))).length === 0) throw new NoModelFilesError();
  return folder;
}
