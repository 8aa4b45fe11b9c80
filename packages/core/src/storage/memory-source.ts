import { type ByteFolder, type ByteSource, checkRead, lent, parentFolder } from './byte-source.ts';
import { pathSegments } from './relative-path.ts';

/** Bytes that are in memory already. They are copied on reading, not on opening. */
export function memorySource(name: string, bytes: Uint8Array, folder?: ByteFolder): ByteSource {
  const source: ByteSource = {
    name,
    size: bytes.length,
    ...(folder ? { folder } : {}),
    async read(offset, length, signal, into) {
      signal?.throwIfAborted();
      checkRead(source, offset, length);
      const target = lent(length, into);
      target.set(bytes.subarray(offset, offset + length));
      return target;
    },
  };
  return source;
}

/** A folder whose files are in memory, keyed by relative path. */
export function memoryFolder(name: string, files: ReadonlyMap<string, Uint8Array>): ByteFolder {
  const folder: ByteFolder = {
    name,
    async open(path) {
      const segments = pathSegments(path);
      const bytes = files.get(path);
      return bytes && memorySource(segments.at(-1)!, bytes, parentFolder(folder, path));
    },
    list: async (path) => entriesBelow(files.keys(), path),
  };
  return folder;
}

/** The direct entries of a folder among full paths; those of folders end in `/`. */
export function entriesBelow(paths: Iterable<string>, folder = ''): readonly string[] {
  const prefix = folder === '' ? '' : `${pathSegments(folder).join('/')}/`;
  const entries = new Set<string>();
  for (const path of paths) {
    if (!path.startsWith(prefix)) continue;
    const slash = path.indexOf('/', prefix.length);
    entries.add(path.slice(prefix.length, slash < 0 ? undefined : slash + 1));
  }
  return [...entries].sort();
}

/** The same for every folder at once: for those with very many files. */
export function entriesByFolder(paths: Iterable<string>): ReadonlyMap<string, ReadonlySet<string>> {
  const folders = new Map<string, Set<string>>();
  for (const path of paths) {
    let end = -1;
    do {
      const folder = path.slice(0, Math.max(end, 0));
      const start = end + 1;
      end = path.indexOf('/', start);
      const entries = folders.get(folder) ?? new Set();
      folders.set(folder, entries.add(path.slice(start, end < 0 ? undefined : end + 1)));
    } while (end >= 0);
  }
  return folders;
}
