/**
 * A folder that was picked or dropped: its name, and its files by their path in it, `/` between names. A worker can be
 * sent one, which loses what a File alone knows of its path.
 */
export type PickedFolder = { readonly name: string; readonly files: ReadonlyMap<string, File> };

/** The folder picked with `<input webkitdirectory>`, or the one that files picked together make up. */
export function pickedFolder(files: Iterable<File>): PickedFolder {
  const byPath = new Map<string, File>();
  let name = 'files';
  for (const file of files) {
    const [top, ...rest] = (file.webkitRelativePath ?? '').split('/');
    if (rest.length > 0 && top) name = top;
    byPath.set(rest.length > 0 ? rest.join('/') : file.name, file);
  }
  return { name, files: byPath };
}
