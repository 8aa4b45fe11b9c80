import { isTamaError, type TamaError } from '@tama/errors';
import { openDawn } from '@tama/kernels-wgsl/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, GenerateOptions, LoadOptions, Prompt } from './engine.ts';
import { loadGemma } from './load-gemma.ts';
import { memorySource } from './storage/memory-source.ts';
import { readFixture } from './testing/fixtures.ts';
import { EngineClient } from './worker/client.ts';
import { serveEngine } from './worker/host.ts';

// On Dawn's null backend: a model is loaded, and nothing computed.
let gpu: GPU;
const channel = new MessageChannel();
const client = new EngineClient(
  Object.assign(channel.port2, { terminate: () => channel.port2.close() }) as unknown as Worker,
);
const file = readFixture('tiny/gguf/tiny-q4_0.gguf');
const here = (options: object) => loadGemma(memorySource('tiny.gguf', file), { gpu, ...options });
const inWorker = (options: object) => client.load(new File([file], 'tiny.gguf'), options);

beforeAll(async () => {
  gpu = await openDawn({ nullBackend: true });
  serveEngine(channel.port1, (source, options) => loadGemma(source, { gpu, ...options }));
  channel.port1.start();
  channel.port2.start();
});
afterAll(() => client.dispose());

/** What callers without types give. */
type Untyped<T> = { readonly [K in keyof T]?: unknown };

async function refused(attempt: Promise<unknown>, code: string, option: string): Promise<void> {
  const error = await attempt.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(isTamaError(error, code)).toBe(true);
  const { details, texts } = error as TamaError;
  expect(details.option).toBe(option);
  for (const { what, remedy } of [texts.en, texts.ja]) {
    expect(what).toContain(option);
    expect(remedy).not.toBe('');
  }
}

describe.each([
  ['here', here],
  ['across a worker', inWorker],
] as const)('options, %s', (_, load) => {
  it.each<Untyped<LoadOptions>>([
    { device: 'f16' },
    { embeddingScale: 'float32' },
    { weights: 'q3' },
    { tuning: 'maybe' },
    { context: 1 },
    { context: '128' },
    { rollback: -1 },
    { prefillChunk: 0 },
    { memoryBudget: '8 GB' },
    { memoryBudget: Number.NaN },
  ])('of loading are checked: %o', async (options) => {
    await refused(load(options), 'option', Object.keys(options)[0]!);
  });

  it.each<Untyped<GenerateOptions> & { readonly code?: string }>([
    { temperature: '1' },
    { temperature: null },
    { topP: '0.5' },
    { minP: [0.1] },
    { presencePenalty: '1' },
    { seed: '7' },
    { code: 'option', maxTokens: '5' },
    { code: 'option', logprobs: true },
    { code: 'option', stepsAhead: '2' },
  ])('of generating are checked: %o', async ({ code = 'sampling-option', ...options }) => {
    const engine: Engine = await load({ context: 2 });
    const events = engine.generate({ tokens: [2] }, options as GenerateOptions)[Symbol.asyncIterator]();
    const first = (async () => {
      for (let next = await events.next(); !next.done; next = await events.next());
    })();
    await refused(first, code, Object.keys(options)[0]!);
    await engine.close();
  });

  it('do not hide a prompt that is none', async () => {
    const engine: Engine = await load({ context: 2 });
    const message = { role: 'user', content: 'Hi' };
    for (const prompt of [undefined, null, 7, [message], message, { text: 'Hi' }, { tokens: 2 }]) {
      await refused(engine.tokenize(prompt as unknown as Prompt), 'option', 'prompt');
      const first = engine
        .generate(prompt as unknown as Prompt)
        [Symbol.asyncIterator]()
        .next();
      await refused(first, 'option', 'prompt');
    }
    expect(await engine.tokenize({ tokens: Uint32Array.of(2) as unknown as number[] })).toEqual([2]);
    await engine.close();
  });

  it('of a context of 2 leave room for one token of an answer', async () => {
    const engine = await load({ context: 2 });
    let last: unknown;
    for await (const event of engine.generate({ tokens: [2] }, { ignoreEos: true })) last = event;
    expect(last).toMatchObject({ type: 'finish', reason: 'length', usage: { completionTokens: 1 } });
    await engine.close();
  });
});

it.each([
  ['here', (source: unknown) => loadGemma(source as string, { gpu })],
  ['across a worker', (source: unknown) => client.load(source as string)],
])('what is no source of a model is refused, %s', async (_, load) => {
  for (const source of [undefined, null, 7, file, {}]) await refused(load(source), 'option', 'source');
});

it('a program without WebGPU is told to pass one, and not to use another browser', async () => {
  const attempt = loadGemma(memorySource('tiny.gguf', file));
  await expect(attempt).rejects.toMatchObject({ code: 'webgpu-missing', message: expect.stringContaining('openDawn') });
});
