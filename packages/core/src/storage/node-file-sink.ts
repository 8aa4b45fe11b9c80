/// <reference types="node" />
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import type { ByteSink } from './byte-sink.ts';
import { FileUnwritableError } from './write-errors.ts';

/**
 * Writes a file as a whole or not at all: under a temporary name beside `path`, which it takes over, replacing what was
 * there, when `produce` is done. If that fails, nothing is left.
 *
 * @throws {FileUnwritableError} no permission, no such folder, a full disk
 */
export async function writeNodeFile(path: string, produce: (sink: ByteSink) => Promise<void>): Promise<void> {
  const temporary = `${path}.${process.pid}.partial`;
  const unwritable = (cause: NodeJS.ErrnoException): never => {
    throw new FileUnwritableError(path, cause.code ?? cause.message, { cause });
  };
  // Found out now, not when a file of gigabytes is done.
  if ((await stat(path).catch(() => undefined))?.isDirectory()) throw new FileUnwritableError(path, 'EISDIR');
  const handle = await open(temporary, 'w').catch(unwritable);
  try {
    await produce({ write: (bytes) => writeAll(handle, bytes).catch(unwritable) });
    await handle.sync().catch(unwritable);
    await handle.close();
    await rename(temporary, path).catch(unwritable);
  } catch (error) {
    await handle.close().catch(() => {}); // It may be closed already; the first failure is the one to report.
    await rm(temporary, { force: true });
    throw error;
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
  }
}
