import { isTamaError } from '@tama/errors';
import { afterEach, describe, expect, it } from 'vitest';
import type { LoadOptions } from '../engine.ts';
import { OptionError } from '../errors.ts';
import { integerFrom } from '../expectation.ts';
import type { GpuEngine } from '../gpu-engine.ts';
import { FakeEngine } from '../testing/fake-engine.ts';
import { EngineClient } from './client.ts';
import { serveEngine } from './host.ts';

/** A worker made of a message channel: everything is cloned, as between threads. */
function connect(load: (...args: Parameters<typeof import('../load-gemma.ts').loadGemma>) => Promise<FakeEngine>) {
  const { port1, port2 } = new MessageChannel();
  serveEngine(port1, load as unknown as (...args: Parameters<typeof load>) => Promise<GpuEngine>);
  port1.start();
  const worker = Object.assign(port2, { terminate: () => port2.close() });
  const client = new EngineClient(worker as unknown as Worker);
  port2.start();
  open.push(client);
  return client;
}

const open: EngineClient[] = [];
afterEach(() => {
  for (const client of open.splice(0)) client.dispose();
});

describe('the worker protocol', () => {
  it('loads with progress and streams events', async () => {
    const phases: string[] = [];
    let asked: LoadOptions = {};
    const client = connect(async (_, options = {}) => {
      asked = options;
      options?.onProgress?.({ phase: 'weights', loadedBytes: 1, totalBytes: 2 });
      return new FakeEngine(['Hello', '!']);
    });
    const engine = await client.load('model.gguf', { weights: 'q4', onProgress: ({ phase }) => phases.push(phase) });
    expect(engine.info.name).toBe('fake');
    expect(asked.weights).toBe('q4');
    expect(phases).toEqual(['weights']);
    const events = [];
    for await (const event of engine.generate('Hi')) events.push(event.type);
    expect(events).toEqual(['token', 'token', 'finish']);
    expect(await engine.logits([3, 4], 'all')).toEqual([Float32Array.of(3), Float32Array.of(4)]);
  });

  it('computes nothing that is not asked for, and ends a stream that is left', async () => {
    const fake = new FakeEngine(['a', 'b', 'c', 'd']);
    const engine = await connect(async () => fake).load('model.gguf');
    for await (const event of engine.generate('Hi')) if (event.type === 'token') break;
    expect(fake.produced).toBe(1);
    expect(fake.ended).toBe('returned');
  });

  it('passes an abort on', async () => {
    const engine = await connect(async () => new FakeEngine(['a', 'b', 'c', 'd'])).load('model.gguf');
    const controller = new AbortController();
    let reason = '';
    for await (const event of engine.generate('Hi', { signal: controller.signal })) {
      if (event.type === 'token' && event.text === 'b') controller.abort();
      if (event.type === 'finish') reason = event.reason;
    }
    expect(reason).toBe('abort');
  });

  it('brings typed errors across with both languages, and stays usable', async () => {
    let fail = true;
    const client = connect(async () => {
      if (fail) throw new OptionError('context', 0, integerFrom(1, 8192));
      return new FakeEngine(['ok']);
    });
    const error = await client.load('model.gguf').catch((caught: unknown) => caught);
    expect(isTamaError(error, 'option')).toBe(true);
    expect((error as OptionError).details).toMatchObject({ option: 'context', value: 0 });
    fail = false;
    const engine = await client.load('model.gguf');
    await engine.close();
    const closed = await engine.tokenize('x').catch((caught: unknown) => caught);
    expect(isTamaError(closed, 'model-closed')).toBe(true);
  });

  it('keeps a model warm: the same again, loaded in the same way, is not loaded again', async () => {
    const loads: unknown[] = [];
    const engines: (FakeEngine & { usable?: boolean })[] = [];
    const client = connect(async (source) => {
      loads.push(source);
      engines.push(new FakeEngine(['ok']));
      return engines.at(-1)!;
    });
    await client.load('model.gguf');
    const again = await client.load('model.gguf');
    expect(await again.tokenize('x')).toEqual([2]);
    expect(loads).toHaveLength(1);
    await client.load('model.gguf', { context: 32 });
    expect(loads).toHaveLength(2);
    expect(engines[0]!.closed).toBe(true);

    const file = new File(['GGUF'], 'm.gguf', { lastModified: 1 });
    await client.load([file]);
    await client.load([new File(['GGUF'], 'm.gguf', { lastModified: 1 })]);
    expect(loads).toHaveLength(3);
    await client.load([new File(['GGUF'], 'm.gguf', { lastModified: 2 })]);
    expect(loads).toHaveLength(4);
    await client.load(new Blob(['GGUF']));
    await client.load(new Blob(['GGUF']));
    expect(loads).toHaveLength(6);

    const folder = (path: string, lastModified = 1, name = 'm') => ({
      name,
      files: new Map([[path, new File(['GGUF'], 'm.gguf', { lastModified })]]),
    });
    await client.load(folder('a/m.gguf'));
    await client.load(folder('a/m.gguf'));
    expect(loads).toHaveLength(7);
    for (const other of [folder('b/m.gguf'), folder('b/m.gguf', 2), folder('b/m.gguf', 2, 'n')])
      await client.load(other);
    expect(loads).toHaveLength(10);
  });

  it('sends the files of a folder with their paths, which a file on its way may lose', async () => {
    const sources: unknown[] = [];
    const client = connect(async (source) => {
      sources.push(source);
      return new FakeEngine(['ok']);
    });
    const files = ['m/config.json', 'm/assets/vocabulary.spm'].map((path) =>
      Object.defineProperty(new File(['x'], path.split('/').at(-1)!), 'webkitRelativePath', { value: path }),
    );
    await client.load(files);
    expect(sources).toEqual([
      {
        name: 'm',
        files: new Map([
          ['config.json', expect.any(File)],
          ['assets/vocabulary.spm', expect.any(File)],
        ]),
      },
    ]);
  });

  it('does not keep a model that was closed or has lost its device', async () => {
    const engines: (FakeEngine & { usable?: boolean })[] = [];
    const client = connect(async () => {
      engines.push(new FakeEngine(['ok']));
      return engines.at(-1)!;
    });
    await (await client.load('model.gguf')).close();
    await client.load('model.gguf');
    expect(engines).toHaveLength(2);
    engines[1]!.usable = false;
    await client.load('model.gguf');
    expect(engines).toHaveLength(3);
  });

  it('says what it cannot hand to a worker, instead of a failed clone', async () => {
    const client = connect(async () => new FakeEngine(['ok']));
    const engine = await client.load('model.gguf');
    const generation = engine.generate('Hi', { speculation: { draft: engine } })[Symbol.asyncIterator]();
    const failures = [
      await generation.next().catch((caught: unknown) => caught),
      await client.load('model.gguf', { gpu: { requestAdapter() {} } } as object).catch((caught: unknown) => caught),
      await client
        .load('model.gguf', { tuningStore: { read: async () => ({}), write: async () => {} } } as object)
        .catch((caught: unknown) => caught),
    ];
    expect(failures.map((error) => isTamaError(error, 'worker-boundary') && error.details.option)).toEqual([
      'speculation.draft',
      'gpu',
      'tuningStore',
    ]);
    expect(await engine.tokenize('x')).toEqual([2]);
  });

  it('aborts a load', async () => {
    const client = connect(
      (_, options) =>
        new Promise((_resolve, reject) => {
          options?.signal?.addEventListener('abort', () => reject(options.signal?.reason));
        }),
    );
    const controller = new AbortController();
    const loading = client.load('model.gguf', { signal: controller.signal });
    controller.abort();
    await expect(loading).rejects.toThrow(/abort/i);
  });

  it('loads in turn, so that no model is left behind', async () => {
    const engines: FakeEngine[] = [];
    const goOn: (() => void)[] = [];
    const client = connect(async () => {
      await new Promise<void>((resolve) => goOn.push(resolve));
      engines.push(new FakeEngine(['ok']));
      return engines.at(-1)!;
    });
    const controller = new AbortController();
    const first = client.load('a.gguf');
    const unwanted = client.load('b.gguf', { signal: controller.signal });
    const second = client.load('c.gguf');
    controller.abort();
    await expect.poll(() => goOn.length).toBe(1);
    goOn[0]!();
    await first;
    await expect(unwanted).rejects.toThrow(/abort/i);
    await expect.poll(() => goOn.length).toBe(2);
    expect(engines.map(({ closed }) => closed)).toEqual([true]);
    goOn[1]!();
    await (await second).close();
    expect(engines.map(({ closed }) => closed)).toEqual([true, true]);
  });

  it('never answers for the model before with the one there is', async () => {
    const engines: FakeEngine[] = [];
    const client = connect(async () => {
      engines.push(new FakeEngine(['ok']));
      return engines.at(-1)!;
    });
    const before = await client.load('a.gguf');
    const now = await client.load('b.gguf');
    const calls = [before.tokenize('x'), before.logits([1], 'last'), Array.fromAsync(before.generate('x'))];
    for (const call of calls)
      expect(isTamaError(await call.catch((caught: unknown) => caught), 'model-closed')).toBe(true);
    await before.close();
    expect(engines.map(({ closed }) => closed)).toEqual([true, false]);
    expect(await now.tokenize('x')).toEqual([2]);
  });

  it('fails every call when the worker is gone', async () => {
    const client = connect(async () => new FakeEngine([]));
    const engine = await client.load('model.gguf');
    client.dispose();
    const error = await engine.tokenize('x').catch((caught: unknown) => caught);
    expect(isTamaError(error, 'worker-failed')).toBe(true);
  });
});
