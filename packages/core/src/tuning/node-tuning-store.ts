/// <reference types="node" />
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { nodeCacheFolder } from '../storage/model-store/node-cache-folder.ts';
import { withLockFile } from '../storage/model-store/node-lock-file.ts';
import type { TuningStore } from './tuning-store.ts';

/** A JSON file in the platform's cache folder, or that of `TAMA_CACHE`, unless another is given. */
export const nodeTuningStore = (path = `${nodeCacheFolder()}/tuning.json`): TuningStore => ({
  read: async () => JSON.parse(await readFile(path, 'utf8')),
  async write(value) {
    await mkdir(dirname(path), { recursive: true });
    // Renamed, so that nobody reads half of it.
    const written = `${path}.${process.pid}`;
    await writeFile(written, `${JSON.stringify(value, undefined, 1)}\n`);
    await rename(written, path);
  },
  exclusive: (use) => withLockFile(`${path}.lock`, use),
});
