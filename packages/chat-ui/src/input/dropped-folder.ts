import { FileUnreadableError, type PickedFolder } from '@tama/core';
import { FolderTooLargeError } from './model-file-errors.ts';

/** More than any checkpoint has: parameters that are a folder each, in many pieces, are a few thousand files. */
export const mostEntries = 20_000;
export const deepest = 16;

/**
 * The files in what was dropped. They do not know their paths themselves. One folder is the folder; several things are
 * in one that has no name of its own.
 *
 * @throws {FolderTooLargeError} before a whole disk is read @throws {FileUnreadableError}
 */
export async function filesBelow(dropped: readonly FileSystemEntry[]): Promise<PickedFolder> {
  const [first] = dropped;
  const single = dropped.length === 1 && first && isDirectory(first) ? first : undefined;
  const name = single?.name ?? 'files';
  const files = new Map<string, File>();
  let seen = 0;
  const add = async (entries: readonly FileSystemEntry[], path: string, depth: number): Promise<void> => {
    seen += entries.length;
    if (seen > mostEntries || depth > deepest) throw new FolderTooLargeError(name, mostEntries, deepest);
    const inFolder = entries.filter(isFile);
    const read = await Promise.all(inFolder.map(fileOf));
    for (const [index, file] of read.entries()) files.set(`${path}${inFolder[index]?.name}`, file);
    for (const folder of entries.filter(isDirectory))
      if (!folder.name.startsWith('.')) await add(await entriesOf(folder), `${path}${folder.name}/`, depth + 1);
  };
  await add(single ? await entriesOf(single) : dropped, '', 0);
  return { name, files };
}

const isDirectory = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;

const fileOf = (entry: FileSystemFileEntry) => read<File>(entry, (give, fail) => entry.file(give, fail));

async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  // A reader gives at most 100 entries at a time.
  while (entries.length <= mostEntries) {
    const batch = await read<FileSystemEntry[]>(folder, (give, fail) => reader.readEntries(give, fail));
    if (batch.length === 0) break;
    entries.push(...batch);
  }
  return entries;
}

const read = <T>({ name }: FileSystemEntry, start: (give: (value: T) => void, fail: (cause: Error) => void) => void) =>
  new Promise<T>((resolve, reject) => {
    start(resolve, (cause) => reject(new FileUnreadableError(name, cause.message, { cause })));
  });
