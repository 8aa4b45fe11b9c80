type Tree = Map<string, Tree | File>;

/** A drop of files, by path: what comes first in a path is what was dropped. Folders are read in batches of three. */
export function dropped(files: ReadonlyMap<string, File>): DataTransfer {
  const root: Tree = new Map();
  for (const [path, file] of files) {
    const names = path.split('/');
    let at = root;
    for (const name of names.slice(0, -1)) {
      const below = at.get(name);
      const folder = below instanceof Map ? below : new Map();
      at.set(name, folder);
      at = folder;
    }
    at.set(names.at(-1) ?? '', file);
  }
  const entries = entriesOf(root);
  return {
    types: ['Files'],
    items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })),
    files: [...root].map(([name, entry]) => (entry instanceof File ? entry : new File([], name))),
  } as unknown as DataTransfer;
}

const entriesOf = (tree: Tree): FileSystemEntry[] => [...tree].map(([name, entry]) => entryOf(name, entry));

function entryOf(name: string, entry: Tree | File): FileSystemEntry {
  if (entry instanceof File)
    return { name, isFile: true, isDirectory: false, file: (give: (f: File) => void) => give(entry) } as never;
  const createReader = () => {
    const left = entriesOf(entry);
    return { readEntries: (give: (batch: FileSystemEntry[]) => void) => give(left.splice(0, 3)) };
  };
  return { name, isFile: false, isDirectory: true, createReader } as never;
}
