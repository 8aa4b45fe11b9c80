import type { ByteSource } from '../storage/byte-source.ts';
import { browserModelStore } from '../storage/model-store/browser-model-store.ts';
import type { DownloadProgress } from '../storage/model-store/download-progress.ts';
import { describeModel } from '../storage/model-store/model-description.ts';
import type { ModelDownload } from '../storage/model-store/model-download.ts';
import { openSource } from '../storage/open-source.ts';

// What a test in a browser calls, in a page or in a worker: see browser-store-worker.ts.

let download: ModelDownload | undefined;
const seen: DownloadProgress[] = [];
let held: ByteSource | undefined;
const codeOf = (error: { readonly code?: string; readonly details?: unknown }) => ({
  code: error.code ?? String(error),
  details: error.details,
});
const stored = async (name: string): Promise<ByteSource> => {
  const source = await openSource(`stored:${name}`);
  if (!('read' in source)) throw new Error('it is a folder');
  return source;
};
const open = (pieceBytes?: number) => browserModelStore({ ...(pieceBytes ? { pieceBytes } : {}), connections: 2 });

export const calls = {
  async start(url: string, sha256: string, pieceBytes: number) {
    download = (await open(pieceBytes)).download(await describeModel(url, { sha256 }), {
      onProgress: (progress) => seen.push(progress),
    });
  },
  async finished() {
    return download!.finished.catch(codeOf);
  },
  async command(name: 'pause' | 'resume' | 'cancel') {
    download![name]();
  },
  seen: async () => seen,
  list: async () => (await open()).list(),
  /** SHA-256 of a stored file, read as a whole. */
  async hash(name: string) {
    const source = await stored(name);
    const bytes = await source.read(0, source.size);
    await source.close?.();
    const digest = await crypto.subtle.digest('SHA-256', bytes);
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  },
  async hold(name: string) {
    held = await stored(name);
  },
  /** As browsers do that know no modes of access: nobody else gets a handle. */
  async holdAlone(name: string) {
    const files = FileSystemFileHandle.prototype as { createSyncAccessHandle?: () => Promise<unknown> };
    const create = files.createSyncAccessHandle!;
    files.createSyncAccessHandle = function () {
      return create.call(this);
    };
    held = await stored(name);
    files.createSyncAccessHandle = create;
  },
  release: async () => held?.close?.(),
  remove: async (name: string) => (await open()).remove(name).catch(codeOf),
};

export type StoreCalls = typeof calls;
