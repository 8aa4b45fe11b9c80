import { readFile } from 'node:fs/promises';
import { afterEach, expect, it } from 'vitest';
import type { Engine } from '../engine.ts';
import { loadGemma } from '../load-gemma.ts';
import { sharedGpu } from '../shared-gpu.ts';
import { repositoryPath } from '../testing/goldens.ts';
import { testGpu } from '../testing/load.ts';
import { byRange, type ModelServer, serve } from '../testing/model-server.ts';
import { EngineClient } from './client.ts';
import { serveEngine } from './host.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Both ends of the worker's protocol around the loader itself, and a model on a server that counts what is read. */
async function start(): Promise<{ readonly client: EngineClient; readonly server: ModelServer }> {
  const server = await serve(byRange(await readFile(repositoryPath('fixtures/small/gguf/small-q4_0.gguf'))));
  const { port1, port2 } = new MessageChannel();
  serveEngine(port1, async (source, options) => loadGemma(source, { ...options, gpu: await testGpu() }));
  port1.start();
  port2.start();
  const client = new EngineClient(Object.assign(port2, { terminate: () => port2.close() }) as unknown as Worker);
  ends.push(server.close, () => client.dispose());
  return { client, server };
}

const tokens = [2, 5, 7, 11];
const logits = async (engine: Engine) => [...(await engine.logits(tokens, 'last'))[0]!];

it('a warm model that is opened again reads nothing, and answers the same', async () => {
  const { client, server } = await start();
  const source = `${server.url}model.gguf`;
  const first = await client.load(source, { context: 32 });
  ends.unshift(() => first.close());
  const before = await logits(first);
  const reads = server.requests.length;
  expect(reads).toBeGreaterThan(1);

  const phases: string[] = [];
  const again = await client.load(source, { context: 32, onProgress: ({ phase }) => phases.push(phase) });
  expect(await logits(again)).toEqual(before);
  expect(phases).toEqual([]);
  expect(server.requests).toHaveLength(reads);
});

it('a model that is loaded in another way, or was closed, is read again', async () => {
  const { client, server } = await start();
  const source = `${server.url}model.gguf`;
  const first = await client.load(source, { context: 32 });
  const before = await logits(first);
  const reads = server.requests.length;
  const larger = await client.load(source, { context: 48 });
  expect(server.requests).toHaveLength(2 * reads);
  await larger.close();
  const last = await client.load(source, { context: 48 });
  ends.unshift(() => last.close());
  expect(server.requests).toHaveLength(3 * reads);
  expect(await logits(last)).toEqual(before);
});

it('compiles what draws tokens before it is asked to, and nothing more when it is', async () => {
  const { device } = await sharedGpu(await testGpu(), true);
  const asked: string[] = [];
  const compile = device.createComputePipelineAsync.bind(device);
  device.createComputePipelineAsync = (descriptor) => {
    asked.push(descriptor.label ?? '');
    return compile(descriptor);
  };
  try {
    const { client, server } = await start();
    const engine = await client.load(`${server.url}model.gguf`, { context: 32, device: 'f32' });
    ends.unshift(() => engine.close());
    expect(asked).toEqual(expect.arrayContaining(['sample', 'sample-gather', 'sample-histogram', 'sample-adjust']));
    const before = asked.length;
    for await (const _ of engine.generate({ tokens }, { maxTokens: 2, temperature: 1, seed: 3 }));
    expect(asked).toHaveLength(before);
  } finally {
    Reflect.deleteProperty(device, 'createComputePipelineAsync');
  }
});
