import { OutOfBoundsReadError } from './storage-errors.ts';

/** Bytes with a buffer that can be given away or written to, unlike a shared one. */
export type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Bytes of known size that are read in pieces: a file, a Blob, a URL, memory. What `read` returns belongs to the
 * caller.
 */
export interface ByteSource {
  /** The file's own name, without folders: for messages, and to find its siblings in {@link folder}. */
  readonly name: string;
  /** Bytes in all. */
  readonly size: number;
  /** A read of fewer bytes costs about as much as one of this many: small for a file, megabytes for a URL. */
  readonly preferredReadBytes?: number;
  /** Where the files beside it are, if they can be reached. */
  readonly folder?: ByteFolder;
  /**
   * Exactly `length` bytes from `offset`, or a typed error: out of bounds, truncated, network. A caller that reads much
   * may lend an array of that length, which a source that can fills and returns in place of a new one: large arrays
   * that are dropped stay in memory until they are collected.
   */
  read(offset: number, length: number, signal?: AbortSignal, into?: Bytes): Promise<Bytes>;
  close?(): Promise<void>;
}

/** Files by relative path, `/` between names: a Hugging Face folder, a keras preset, an orbax directory. */
export interface ByteFolder {
  readonly name: string;
  /** What opens it: a path, a URL, a reference. Absent where there is none, as for a folder that was picked. */
  readonly location?: string;
  /** `undefined` when there is no such file. The caller closes the source. */
  open(path: string, signal?: AbortSignal): Promise<ByteSource | undefined>;
  /** Names directly in the folder, or in a folder below it; those of folders end in `/`. HTTP cannot list. */
  list?(path?: string): Promise<readonly string[]>;
}

export const isByteFolder = (from: ByteSource | ByteFolder): from is ByteFolder => 'open' in from;

/** The array that was lent, if it has the right length, or a new one. */
export const lent = (length: number, into: Bytes | undefined): Bytes =>
  into?.length === length ? into : new Uint8Array(length);

/** Throws {@link OutOfBoundsReadError} unless `[offset, offset + length)` lies inside the source. */
export function checkRead(source: Pick<ByteSource, 'name' | 'size'>, offset: number, length: number): void {
  const inside =
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length) &&
    offset >= 0 &&
    length >= 0 &&
    offset <= source.size - length;
  if (!inside) throw new OutOfBoundsReadError(source.name, offset, length, source.size);
}

/** A folder inside a folder. Nothing is read until something is asked of it. */
export function subfolder(folder: ByteFolder, path: string): ByteFolder {
  return {
    name: path.slice(path.lastIndexOf('/') + 1),
    ...(folder.location === undefined ? {} : { location: locationBelow(folder.location, path) }),
    open: (below, signal) => folder.open(`${path}/${below}`, signal),
    ...(folder.list ? { list: (below?: string) => folder.list!(below ? `${path}/${below}` : path) } : {}),
  };
}

/** URLs of folders end in a slash, paths do not. */
const locationBelow = (location: string, path: string): string =>
  location.endsWith('/') ? `${location}${path}/` : `${location}/${path}`;

/** The folder that holds `path`, which is relative to `folder`. */
export function parentFolder(folder: ByteFolder, path: string): ByteFolder {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? folder : subfolder(folder, path.slice(0, slash));
}
