/// <reference types="node" />
import { constants, type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type ByteFolder, type ByteSource, type Bytes, checkRead, lent, parentFolder } from './byte-source.ts';
import { pathSegments } from './relative-path.ts';
import { byteCount, FileMissingError, FileUnreadableError, SourceChangedError } from './storage-errors.ts';

/** A file or a folder on disk, whichever the path leads to. */
export async function nodePath(path: string): Promise<ByteSource | ByteFolder> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ? nodeFolder(path) : nodeFileSource(path);
}

/** A file on disk, read in place. It holds a file descriptor until closed. */
export async function nodeFileSource(path: string, folder?: ByteFolder): Promise<ByteSource> {
  const name = basename(path);
  // Without blocking, or a named pipe would be waited for until someone writes to it. Windows has no such flag.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    (cause: NodeJS.ErrnoException) => {
      if (isMissing(cause)) throw new FileMissingError(name, dirname(resolve(path)), { cause });
      throw new FileUnreadableError(path, cause.code ?? cause.message, { cause });
    },
  );
  const { size, regular } = await handle.stat().then((stat) => ({ size: stat.size, regular: stat.isFile() }));
  if (!regular) {
    await handle.close();
    throw new FileUnreadableError(path, { en: 'it is not a regular file', ja: '通常のファイルではありません' });
  }
  let closed: Promise<void> | undefined;
  const source: ByteSource = {
    name,
    size,
    folder: folder ?? nodeFolder(dirname(path)),
    async read(offset, length, signal, into) {
      signal?.throwIfAborted();
      checkRead(source, offset, length);
      return readExactly(handle, path, size, offset, lent(length, into), signal);
    },
    close: () => (closed ??= handle.close()),
  };
  return source;
}

/** A folder on disk. Links are followed; paths cannot lead out of it by themselves. */
export function nodeFolder(path: string): ByteFolder {
  const folder: ByteFolder = {
    name: basename(resolve(path)),
    location: resolve(path),
    async open(below) {
      const file = join(path, ...pathSegments(below));
      try {
        return await nodeFileSource(file, parentFolder(folder, below));
      } catch (error) {
        if (error instanceof FileMissingError) return undefined;
        throw error;
      }
    },
    async list(below = '') {
      const target = below === '' ? path : join(path, ...pathSegments(below));
      const entries = await readdir(target, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
        if (isMissing(cause)) throw new FileMissingError(basename(target), dirname(resolve(target)), { cause });
        throw new FileUnreadableError(target, cause.code ?? cause.message, { cause });
      });
      return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
    },
  };
  return folder;
}

async function readExactly(
  handle: FileHandle,
  path: string,
  size: number,
  offset: number,
  bytes: Bytes,
  signal?: AbortSignal,
): Promise<Bytes> {
  const { length } = bytes;
  // One call reads at most 2 GiB, and may read less than asked.
  for (let done = 0; done < length; ) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle
      .read(bytes, done, Math.min(length - done, 2 ** 30), offset + done)
      .catch((cause: Error) => {
        throw new FileUnreadableError(path, cause.message, { cause });
      });
    if (bytesRead === 0) throw new SourceChangedError(basename(path), byteCount(size), byteCount(offset + done));
    done += bytesRead;
  }
  return bytes;
}

const isMissing = ({ code }: NodeJS.ErrnoException): boolean => code === 'ENOENT' || code === 'ENOTDIR';
