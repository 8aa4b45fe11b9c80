/// <reference types="node" />
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isTamaError } from '@tama/errors';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nodeModelStore } from '../../storage/model-store/node-model-store.ts';
import { FolderUrlError } from '../../storage/model-store/store-errors.ts';
import { type FakeHub, serveHub } from '../../testing/fake-hub.ts';
import { parseRange } from '../../testing/model-server.ts';
import { ModelStoreClient } from './client.ts';
import { serveModelStore } from './host.ts';

const content = Uint8Array.from({ length: 50_000 }, (_, i) => (i * 37) % 251);
let folder: string;
let hub: FakeHub;
let hold: boolean;
let opened: Promise<void>;
let channel: MessageChannel;
let client: ModelStoreClient;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tama store worker '));
  hold = false;
  opened = Promise.resolve();
  // While held, parts beyond the first are never answered.
  const intercept = (_: string, request: Parameters<typeof parseRange>[0]) => hold && parseRange(request)!.first > 0;
  hub = await serveHub('o/r', { 'm.gguf': content }, { intercept });
  channel = new MessageChannel();
  serveModelStore(channel.port1, {
    async open() {
      await opened;
      return nodeModelStore(folder, { pieceBytes: 10_000 });
    },
    preview: async ({ name }) => {
      throw new FolderUrlError(name);
    },
  });
  client = new ModelStoreClient(channel.port2);
  channel.port1.start();
  channel.port2.start();
});
afterEach(async () => {
  channel.port1.close();
  await hub.close();
  await rm(folder, { recursive: true });
});

it('downloads, lists and removes across a thread, with progress', async () => {
  const options = { endpoint: hub.url };
  const description = await client.describe('hf:o/r', options);
  expect(description).toMatchObject({ source: 'hf:o/r', files: [{ path: 'm.gguf', size: 50_000 }] });
  const phases: string[] = [];
  const stored = await client.download(description, { hub: options, onProgress: ({ phase }) => phases.push(phase) })
    .finished;
  expect(stored).toMatchObject({ complete: true });
  expect([...new Set(phases)]).toEqual(['download', 'verify', 'done']);
  expect(await client.list()).toEqual([stored]);
  await client.remove('r');
  expect(await client.list()).toEqual([]);
});

it('pauses, resumes and cancels across a thread', async () => {
  const description = await client.describe('hf:o/r', { endpoint: hub.url });
  hold = true;
  const paused = Promise.withResolvers<void>();
  const download = client.download(description, {
    onProgress: ({ phase, bytes }) => {
      if (hold && phase === 'download' && bytes > 0) download.pause();
      if (phase === 'paused') paused.resolve();
    },
  });
  await paused.promise;
  hold = false;
  download.resume();
  expect(await download.finished).toMatchObject({ complete: true });

  await client.remove('r');
  hold = true;
  const cancelled = client.download(description, { onProgress: ({ bytes }) => bytes > 0 && cancelled.cancel() });
  const error = await cancelled.finished.catch((error: unknown) => error);
  expect(isTamaError(error, 'download-cancelled')).toBe(true);
  expect(await client.list()).toEqual([]);
});

it('cancels a download whose store is still being opened', async () => {
  const description = await client.describe('hf:o/r', { endpoint: hub.url });
  const { promise, resolve } = Promise.withResolvers<void>();
  opened = promise;
  const download = client.download(description);
  download.cancel();
  await client.describe('hf:o/r', { endpoint: hub.url }); // What was sent before has arrived.
  resolve();
  const error = await download.finished.catch((error: unknown) => error);
  expect(isTamaError(error, 'download-cancelled')).toBe(true);
});

it('tells that a download is under way, to whoever asks for the list', async () => {
  const description = await client.describe('hf:o/r', { endpoint: hub.url });
  hold = true;
  const stored = Promise.withResolvers<void>();
  const download = client.download(description, { onProgress: ({ bytes }) => bytes > 0 && stored.resolve() });
  await stored.promise;
  expect(await client.list()).toMatchObject([{ source: 'hf:o/r', complete: false, active: true }]);
  download.pause();
  await expect.poll(async () => (await client.list())[0]?.active).toBeUndefined();
  hold = false;
  download.resume();
  await download.finished;
});

it.each(['error', 'messageerror'])('fails every call when the worker is gone, by its %s', async (event) => {
  const worker = Object.assign(new EventTarget(), { postMessage() {}, terminate() {} });
  const store = new ModelStoreClient(worker as unknown as Worker);
  const calls = [store.list(), store.download({ source: 'x', name: 'x', files: [] }).finished];
  worker.dispatchEvent(new Event(event));
  for (const call of [...calls, store.list()])
    expect(isTamaError(await call.catch((error: unknown) => error), 'store-worker-failed')).toBe(true);
});

it('tells errors as they are', async () => {
  const description = { source: 'https://x/', name: 'https://x/', files: [] };
  expect(isTamaError(await client.preview(description).catch((error) => error), 'download-folder-url')).toBe(true);
  const error = await client.remove('absent').catch((error: unknown) => error);
  expect(isTamaError(error, 'model-not-stored')).toBe(true);
});
