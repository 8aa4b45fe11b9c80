import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { directoryFolder } from '../blob-source.ts';
import type { ByteFolder } from '../byte-source.ts';
import { pathSegments } from '../relative-path.ts';
import { opfsFileSource } from './opfs-file-source.ts';
import { hasSyncAccess, opfsFileWriter, replaceText } from './opfs-file-writer.ts';
import type { StoreBacking } from './store-backing.ts';

/** What ends a text that was written to its end. JSON has none inside. */
const END = '\n';

/** A store in a folder of the origin's private file system, which all tabs of the site share. Best used in a worker. */
export function opfsStoreBacking(
  root: FileSystemDirectoryHandle,
  { storage, locks }: Pick<Navigator, 'storage' | 'locks'> = navigator,
): StoreBacking {
  const lockName = (name: string) => `tama-store ${root.name} ${name}`;
  const directory = async (names: readonly string[], create: boolean) => {
    let at = root;
    for (const name of names) at = await at.getDirectoryHandle(name, { create });
    return at;
  };
  const file = async (path: string, create: boolean) => {
    const names = pathSegments(path);
    return (await directory(names.slice(0, -1), create)).getFileHandle(names.at(-1)!, { create });
  };
  const text = async (path: string): Promise<string | undefined> => {
    const found = await file(path, false).catch(unlessMissing);
    const content = await (await found?.getFile())?.text();
    return content?.endsWith(END) ? content.slice(0, -END.length) : undefined;
  };

  return {
    name: root.name,
    openWriter: async (path) => opfsFileWriter(await file(path, true)),
    async writeText(path, text) {
      const original = await file(path, true);
      await replaceText(original, text + END);
      // Where the first can be left half written, the second is whole: as it was before, or new.
      if (hasSyncAccess(original)) await replaceText(await file(`${path}.copy`, true), text + END);
    },
    readText: async (path) => (await text(path)) ?? (await text(`${path}.copy`)),
    async folders() {
      const names: string[] = [];
      for await (const [name, { kind }] of root.entries()) if (kind === 'directory') names.push(name);
      return names;
    },
    folder: (path) => folderWhenAsked(path, () => directory(pathSegments(path), false)),
    async remove(path) {
      const names = pathSegments(path);
      const parent = await directory(names.slice(0, -1), false).catch(unlessMissing);
      await parent?.removeEntry(names.at(-1)!, { recursive: true }).catch(unlessMissing);
    },
    async availableBytes() {
      const { quota, usage } = await storage.estimate();
      return quota === undefined || usage === undefined ? undefined : quota - usage;
    },
    isFull: (error) => error instanceof Error && error.name === 'QuotaExceededError',
    isInUse: (error) => error instanceof DOMException && error.name === 'NoModificationAllowedError',
    async persist() {
      // Workers cannot ask; the page does so for its workers, after a click.
      await storage.persist?.().catch(() => false);
    },
    sha256() {
      const hash = sha256.create();
      return { update: (bytes) => void hash.update(bytes), digestHex: () => bytesToHex(hash.digest()) };
    },
    exclusive: (name, use, { signal } = {}) => locks.request(lockName(name), signal ? { signal } : {}, use),
    async isHeld(name) {
      const { held = [] } = await locks.query();
      return held.some((lock) => lock.name === lockName(name));
    },
  };
}

function folderWhenAsked(path: string, directory: () => Promise<FileSystemDirectoryHandle>): ByteFolder {
  return {
    name: path.slice(path.lastIndexOf('/') + 1),
    async open(below, signal) {
      const found = await directory().catch(unlessMissing);
      return found && directoryFolder(found, opfsFileSource).open(below, signal);
    },
    list: async (below) => directoryFolder(await directory()).list!(below),
  };
}

function unlessMissing(error: unknown): undefined {
  if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error;
}
