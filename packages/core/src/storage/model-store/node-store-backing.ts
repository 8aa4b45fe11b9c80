/// <reference types="node" />
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Bytes } from '../byte-source.ts';
import { nodeFolder } from '../node-file-source.ts';
import { pathSegments } from '../relative-path.ts';
import { FileUnreadableError } from '../storage-errors.ts';
import { FileUnwritableError } from '../write-errors.ts';
import { isLockHeld, withLockFile } from './node-lock-file.ts';
import type { StoreBacking, StoreWriter } from './store-backing.ts';

/** A store in a folder on disk, which any number of processes may share. */
export function nodeStoreBacking(folder: string): StoreBacking {
  const root = resolve(folder);
  const at = (path: string) => join(root, ...pathSegments(path));
  const isInUse = (error: unknown) => (error as NodeJS.ErrnoException | undefined)?.code === 'EBUSY';
  /** What the system refuses, with a remedy. That somebody reads the files is for the store to tell. */
  const refusedAs = (Refusal: typeof FileUnreadableError | typeof FileUnwritableError) => (error: unknown) => {
    const { syscall, code, path = root, message } = error as NodeJS.ErrnoException;
    throw syscall === undefined || isInUse(error) ? error : new Refusal(path, code ?? message, { cause: error });
  };
  return {
    name: root,
    async openWriter(path) {
      await mkdir(dirname(at(path)), { recursive: true });
      return fileWriter(await open(at(path), constants.O_RDWR | constants.O_CREAT));
    },
    async writeText(path, text) {
      const target = at(path);
      await mkdir(dirname(target), { recursive: true });
      const draft = await open(`${target}.new`, 'w');
      try {
        await draft.writeFile(text);
        await draft.sync();
      } finally {
        await draft.close();
      }
      await rename(`${target}.new`, target);
    },
    readText: (path) =>
      readFile(at(path), 'utf8').catch(unlessMissing(undefined)).catch(refusedAs(FileUnreadableError)),
    async folders() {
      const entries = await readdir(root, { withFileTypes: true })
        .catch(unlessMissing([]))
        .catch(refusedAs(FileUnreadableError));
      return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    },
    folder: (path) => nodeFolder(at(path)),
    remove: (path) => rm(at(path), { recursive: true, force: true }),
    async availableBytes() {
      await mkdir(root, { recursive: true });
      // Not every file system tells.
      const space = await statfs(root).catch(() => undefined);
      return space && space.bavail * space.bsize;
    },
    isFull: (error) => /^(ENOSPC|EDQUOT)$/.test(String((error as NodeJS.ErrnoException | undefined)?.code)),
    isInUse,
    async persist() {},
    sha256() {
      const hash = createHash('sha256');
      return { update: (bytes) => void hash.update(bytes), digestHex: () => hash.digest('hex') };
    },
    // All that is written is written in here.
    exclusive: (name, use, options) =>
      withLockFile(at(`${name}.lock`), use, options).catch(refusedAs(FileUnwritableError)),
    isHeld: (name) => isLockHeld(at(`${name}.lock`)),
  };
}

async function fileWriter(handle: FileHandle): Promise<StoreWriter> {
  const { size } = await handle.stat();
  return {
    size,
    flushEveryBytes: 0,
    async write(offset: number, bytes: Bytes) {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done);
        done += bytesWritten;
      }
    },
    flush: () => handle.datasync(),
    close: () => handle.close(),
  };
}

const unlessMissing =
  <T>(otherwise: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code === 'ENOENT') return otherwise;
    throw error;
  };
