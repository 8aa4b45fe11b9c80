import type { Bytes } from '../byte-source.ts';
import type { StoreWriter } from './store-backing.ts';

/** The part of `FileSystemSyncAccessHandle` that is used. Safari's first versions gave promises. */
type SyncAccessHandle = {
  write(bytes: Bytes, options: { readonly at: number }): number;
  truncate(size: number): void | Promise<void>;
  getSize(): number | Promise<number>;
  flush(): void | Promise<void>;
  close(): void | Promise<void>;
};
type FileHandle = FileSystemFileHandle & { createSyncAccessHandle?(): Promise<SyncAccessHandle> };

/** Only workers have synchronous access. */
export const hasSyncAccess = (file: FileHandle): boolean => typeof file.createSyncAccessHandle === 'function';

/** Writes a file in place where that can be done, else by way of a copy that the browser makes. */
export const opfsFileWriter = (file: FileHandle): Promise<StoreWriter> =>
  hasSyncAccess(file) ? inPlaceWriter(file) : copyingWriter(file);

/** Replaces what is in a file. In a worker a crash can leave a part of the text. */
export async function replaceText(file: FileHandle, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  if (!file.createSyncAccessHandle) {
    const stream = await file.createWritable();
    await stream.write(bytes);
    return stream.close();
  }
  const handle = await file.createSyncAccessHandle();
  try {
    await handle.truncate(0);
    writeAll(handle, 0, bytes);
    await handle.flush();
  } finally {
    await handle.close();
  }
}

async function inPlaceWriter(file: FileHandle): Promise<StoreWriter> {
  const handle = await file.createSyncAccessHandle!();
  return {
    size: await handle.getSize(),
    flushEveryBytes: 0,
    async reserve(size) {
      if ((await handle.getSize()) < size) await handle.truncate(size);
      if ((await handle.getSize()) < size) throw full();
    },
    write: async (offset, bytes) => writeAll(handle, offset, bytes),
    flush: async () => handle.flush(),
    close: async () => handle.close(),
  };
}

function writeAll(handle: SyncAccessHandle, offset: number, bytes: Bytes): void {
  for (let done = 0; done < bytes.length; ) {
    const written = handle.write(bytes.subarray(done), { at: offset + done });
    // Chromium's private windows do not throw when the room has run out: they return the number of an error, unsigned,
    // and their `truncate` does nothing.
    if (!(written > 0 && written <= bytes.length - done)) throw full();
    done += written;
  }
}

const full = () => new DOMException('No room is left.', 'QuotaExceededError');

/**
 * `createWritable` writes to a copy of the file, made when it is called, which takes the file's place when it is closed.
 * So every flush costs as much as the file is long, and what was not flushed is lost in a crash.
 */
async function copyingWriter(file: FileHandle): Promise<StoreWriter> {
  let stream: FileSystemWritableFileStream | undefined;
  let last: Promise<void> = Promise.resolve();
  // Pieces come side by side; a stream must not be closed while another one is written to it. After a failure what was
  // not flushed is lost, so nothing may succeed any more.
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = last.then(work);
    last = done;
    last.catch(() => {});
    return done;
  };
  const flush = () =>
    inTurn(async () => {
      const open = stream;
      stream = undefined;
      await open?.close();
    });
  return {
    size: (await file.getFile()).size,
    flushEveryBytes: 256 * 2 ** 20,
    write: (position, data) =>
      inTurn(async () => {
        stream ??= await file.createWritable({ keepExistingData: true });
        await stream.write({ type: 'write', position, data });
      }),
    flush,
    close: () => flush().catch(() => stream?.abort().catch(() => {})),
  };
}
