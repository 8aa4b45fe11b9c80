import { type ByteFolder, type ByteSource, checkRead, parentFolder } from './byte-source.ts';
import { entriesByFolder } from './memory-source.ts';
import { type PickedFolder, pickedFolder } from './picked-folder.ts';
import { pathSegments } from './relative-path.ts';
import { FileUnreadableError } from './storage-errors.ts';

/** A Blob, or a File that was picked or dropped: read in place, never copied as a whole. */
export function blobSource(
  blob: Blob,
  name = blob instanceof File ? blob.name : 'blob',
  folder?: ByteFolder,
): ByteSource {
  const source: ByteSource = {
    name,
    size: blob.size,
    ...(folder ? { folder } : {}),
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      checkRead(source, offset, length);
      const buffer = await blob
        .slice(offset, offset + length)
        .arrayBuffer()
        .catch((cause: unknown) => {
          throw new FileUnreadableError(
            name,
            {
              en: 'it was changed, moved or deleted since it was selected',
              ja: '選択された後に変更、移動または削除されました',
            },
            { cause },
          );
        });
      signal?.throwIfAborted();
      if (buffer.byteLength !== length)
        throw new FileUnreadableError(name, {
          en: `it ended at byte ${offset + buffer.byteLength}`,
          ja: `${offset + buffer.byteLength}バイト目で終わっています`,
        });
      return new Uint8Array(buffer);
    },
  };
  return source;
}

/** A folder that was picked or dropped, also as the Files that `<input webkitdirectory>` gives. */
export function filesFolder(from: PickedFolder | Iterable<File>): ByteFolder {
  const { name, files } = 'files' in from ? from : pickedFolder(from);
  let entries: ReturnType<typeof entriesByFolder> | undefined;
  const folder: ByteFolder = {
    name,
    async open(path) {
      pathSegments(path);
      const file = files.get(path);
      return file && blobSource(file, file.name, parentFolder(folder, path));
    },
    async list(path = '') {
      if (path !== '') pathSegments(path);
      entries ??= entriesByFolder(files.keys());
      return [...(entries.get(path) ?? [])].sort();
    },
  };
  return folder;
}

/**
 * A folder of the File System API: dropped, picked with `showDirectoryPicker`, or in the origin's private store.
 *
 * @param openFile how a file of it is read, which `folder` holds. Default: as a Blob.
 */
export function directoryFolder(
  directory: FileSystemDirectoryHandle,
  openFile: (file: FileSystemFileHandle, folder: ByteFolder) => Promise<ByteSource> = openBlob,
): ByteFolder {
  const descend = async (names: readonly string[]) => {
    let at = directory;
    for (const name of names) at = await at.getDirectoryHandle(name);
    return at;
  };
  const folder: ByteFolder = {
    name: directory.name,
    async open(path) {
      const segments = pathSegments(path);
      const file = segments.at(-1)!;
      try {
        const parent = await descend(segments.slice(0, -1));
        return await openFile(await parent.getFileHandle(file), parentFolder(folder, path));
      } catch (cause) {
        if (cause instanceof DOMException && /NotFound|TypeMismatch/.test(cause.name)) return undefined;
        throw new FileUnreadableError(path, cause instanceof Error ? cause.message : String(cause), { cause });
      }
    },
    async list(path = '') {
      const entries: string[] = [];
      for await (const [name, handle] of (await descend(path === '' ? [] : pathSegments(path))).entries())
        entries.push(handle.kind === 'directory' ? `${name}/` : name);
      return entries.sort();
    },
  };
  return folder;
}

const openBlob = async (file: FileSystemFileHandle, folder: ByteFolder): Promise<ByteSource> =>
  blobSource(await file.getFile(), file.name, folder);
