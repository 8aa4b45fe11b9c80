import { blobSource } from '../blob-source.ts';
import { type ByteFolder, type ByteSource, type Bytes, checkRead, lent } from '../byte-source.ts';
import { FileUnreadableError } from '../storage-errors.ts';

/** The part of `FileSystemSyncAccessHandle` that is used. */
type ReadHandle = {
  read(into: Bytes, options: { readonly at: number }): number;
  getSize(): number | Promise<number>;
  close(): void | Promise<void>;
};
type FileHandle = FileSystemFileHandle & {
  createSyncAccessHandle?(options: { readonly mode: 'read-only' }): Promise<ReadHandle>;
};

/**
 * A file of the origin's private file system, to be read. A worker reads it synchronously until it is closed: a Blob's
 * bytes come by way of the browser's own process, which takes ten times as much CPU time, and cannot be read into memory
 * that is lent. A page reads a Blob, and so does a worker while another has the file and the browser allows but one.
 */
export async function opfsFileSource(file: FileHandle, folder: ByteFolder): Promise<ByteSource> {
  const handle = await file.createSyncAccessHandle?.({ mode: 'read-only' }).catch(() => undefined);
  if (!handle) return blobSource(await file.getFile(), file.name, folder);
  let closed: Promise<void> | undefined;
  const source: ByteSource = {
    name: file.name,
    size: await handle.getSize(),
    folder,
    async read(offset, length, signal, into) {
      checkRead(source, offset, length);
      // Reads that never wait would keep an abort's message out until the last of them.
      await nextTask();
      signal?.throwIfAborted();
      const bytes = lent(length, into);
      readExactly(handle, source.name, offset, bytes);
      return bytes;
    },
    close: () => (closed ??= Promise.resolve(handle.close())),
  };
  return source;
}

function readExactly(handle: ReadHandle, name: string, offset: number, into: Bytes): void {
  for (let done = 0; done < into.length; ) {
    const at = offset + done;
    let count: number;
    try {
      count = handle.read(into.subarray(done), { at });
    } catch (cause) {
      throw new FileUnreadableError(name, cause instanceof Error ? cause.message : String(cause), { cause });
    }
    // Chromium's private windows return the number of an error, unsigned, instead of throwing.
    if (!(count > 0 && count <= into.length - done))
      throw new FileUnreadableError(name, { en: `it ended at byte ${at}`, ja: `${at}バイト目で終わっています` });
    done += count;
  }
}

function nextTask(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
