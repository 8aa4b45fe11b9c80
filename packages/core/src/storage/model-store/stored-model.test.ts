/// <reference types="node" />
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCheckpoint } from '../../checkpoint/open-checkpoint.ts';
import { fingerprints } from '../../testing/canonical.ts';
import { serveHub } from '../../testing/fake-hub.ts';
import { fixture } from '../../testing/fixtures.ts';
import { folderFiles } from '../../testing/folder-files.ts';
import type { ByteFolder, ByteSource } from '../byte-source.ts';
import { nodePath } from '../node-file-source.ts';
import { openSource } from '../open-source.ts';
import { describeModel } from './model-description.ts';
import { nodeModelStore } from './node-model-store.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tama stored '));
});
afterAll(() => rm(folder, { recursive: true }));

async function tensorsOf(source: ByteSource | ByteFolder) {
  const checkpoint = await openCheckpoint(source);
  try {
    return await fingerprints(checkpoint);
  } finally {
    await checkpoint.close();
  }
}

it.each(['hf', 'orbax_ocdbt', 'keras'])(
  'tiny/%s has the same tensors read from a hub, and from the store when the hub is gone',
  async (format) => {
    const expected = await tensorsOf(await nodePath(fixture(`tiny/${format}`)));
    const hub = await serveHub(`o/${format}`, folderFiles(fixture(`tiny/${format}`)));
    const options = { endpoint: hub.url };
    const store = nodeModelStore(folder);
    try {
      expect(await tensorsOf(await openSource(`hf:o/${format}`, undefined, options))).toEqual(expected);
      await store.download(await describeModel(`hf:o/${format}`, options), { hub: options }).finished;
    } finally {
      await hub.close();
    }
    expect(await tensorsOf(await store.open(format))).toEqual(expected);
  },
);

async function headersOf(source: ByteSource | ByteFolder) {
  const checkpoint = await openCheckpoint(source);
  await checkpoint.close();
  return [...checkpoint.tensors.values()].map(({ name, shape, encoding }) => ({ name, shape, encoding }));
}

it.each(['hf/', 'gguf/small-q4_k_m-split-00002-of-00003.gguf'])(
  'small/%s is opened from the store where it lies in a folder of its repository',
  async (path) => {
    const local = path.endsWith('/') ? path.slice(0, -1) : 'gguf/small-q4_k_m-split-00001-of-00003.gguf';
    const expected = await headersOf(await nodePath(fixture(`small/${local}`)));
    const hub = await serveHub('o/small', folderFiles(fixture('small')));
    const options = { endpoint: hub.url };
    const store = nodeModelStore(folder);
    try {
      await store.download(await describeModel(`hf:o/small/${path}`, options), { hub: options }).finished;
    } finally {
      await hub.close();
    }
    expect(await headersOf(await store.open(`hf:o/small/${path}`))).toEqual(expected);
  },
);
