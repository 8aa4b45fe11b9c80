import { atMost } from '../../expectation.ts';
import { type ByteFolder, type ByteSource, checkRead } from '../../storage/byte-source.ts';
import { MalformedFileError } from '../checkpoint-errors.ts';

/** Keys and values as tensorstore sees them: a directory of files, or a database. */
export interface KeyValueStore {
  readonly name: string;
  /** What an absent key means: never written (a database is complete), or perhaps lost (files can be). */
  readonly complete: boolean;
  /** Names of all arrays, which are the keys of their metadata without its file name. */
  arrayNames(signal?: AbortSignal): Promise<readonly string[]>;
  get(key: string, signal?: AbortSignal): Promise<ByteSource | undefined>;
}

export const METADATA_FILES = ['.zarray', 'zarr.json'];
const DEPTH_LIMIT = 8;
const DIRECTORY_LIMIT = 20_000;

/** A part of a source as a source of its own. Closing it does nothing. */
export function slice(source: ByteSource, name: string, offset: number, size: number): ByteSource {
  const part: ByteSource = {
    name,
    size,
    // Several parts are read at the same time, each through a window of its own.
    ...(source.preferredReadBytes ? { preferredReadBytes: Math.min(source.preferredReadBytes, 2 ** 20) } : {}),
    async read(from, length, signal, into) {
      checkRead(part, from, length);
      return source.read(offset + from, length, signal, into);
    },
  };
  return part;
}

/** One file a key. Opened files stay open and are pushed to `closing`. */
export function folderStore(folder: ByteFolder, closing: ByteSource[]): KeyValueStore {
  const opened = new Map<string, ByteSource | undefined>();
  return {
    name: folder.name,
    complete: false,
    async get(key, signal) {
      if (!opened.has(key)) {
        const source = await folder.open(key, signal);
        if (source) closing.push(source);
        // Hundreds of chunks have the same file name: errors are to tell which one it is.
        opened.set(key, source && { ...source, name: key });
      }
      return opened.get(key);
    },
    arrayNames: () => findArrays(folder),
  };
}

/** Walks the folders; one that holds array metadata is an array and not looked into. */
async function findArrays(folder: ByteFolder): Promise<readonly string[]> {
  const arrays: string[] = [];
  let directories = 0;
  const walk = async (path: string, depth: number): Promise<void> => {
    directories++;
    if (directories > DIRECTORY_LIMIT)
      throw new MalformedFileError(
        folder.name,
        'Orbax',
        { en: 'number of folders', ja: 'フォルダーの数' },
        directories,
        atMost(DIRECTORY_LIMIT),
      );
    const entries = await folder.list!(path);
    if (path !== '' && METADATA_FILES.some((name) => entries.includes(name))) arrays.push(path);
    else if (depth < DEPTH_LIMIT)
      for (const entry of entries)
        if (entry.endsWith('/')) await walk(path + (path === '' ? '' : '/') + entry.slice(0, -1), depth + 1);
  };
  if (folder.list) await walk('', 0);
  return arrays;
}
