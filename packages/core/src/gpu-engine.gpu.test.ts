import { readFile } from 'node:fs/promises';
import { isTamaError } from '@tama/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChatSession } from './chat/chat-session.ts';
import type { Engine, GenerateEvent, GenerateOptions, LoadProgress, Prompt } from './engine.ts';
import type { GpuEngine } from './gpu-engine.ts';
import { loadGemma } from './load-gemma.ts';
import { sharedGpu } from './shared-gpu.ts';
import { memoryFolder } from './storage/memory-source.ts';
import { readFixture } from './testing/fixtures.ts';
import { goldenModels, repositoryPath } from './testing/goldens.ts';
import { collectGarbage } from './testing/host-memory.ts';
import { loadDemo, loadGolden, testGpu } from './testing/load.ts';
import { miniature, miniatureConfigJson, miniatureSafetensors, writeSafetensors } from './testing/tiny-model.ts';

type Finish = Extract<GenerateEvent, { type: 'finish' }>;

async function finish(engine: Engine, prompt: Prompt, options?: GenerateOptions): Promise<Finish> {
  let last: GenerateEvent | undefined;
  let text = '';
  for await (const event of engine.generate(prompt, options)) {
    if (event.type === 'token') text += event.text;
    last = event;
  }
  if (last?.type !== 'finish') throw new Error('the generation had no finish event');
  expect(last.text.startsWith(text)).toBe(true);
  return last;
}

const user = (content: string): Prompt => ({ messages: [{ role: 'user', content }] });

type DemoGoldens = {
  readonly replies: readonly { users: string[]; replies: { ids: number[]; text: string }[]; smallest_gap: number }[];
};
const demo = JSON.parse(await readFile(repositoryPath('models/demo/goldens.json'), 'utf8')) as DemoGoldens;

describe.each(['f32', 'auto'] as const)('the demo model, device %s', (device) => {
  let engine: GpuEngine;
  beforeAll(async () => {
    engine = await loadDemo({ device });
  });
  afterAll(() => engine.close());

  it.each(demo.replies.map((golden) => [golden.users.join(' / '), golden] as const))(
    'answers as published: %s',
    async (_, { users, replies }) => {
      const chat = new ChatSession(engine, { maxTokens: 80 });
      for (const [turn, text] of users.entries()) {
        let reply: Finish | undefined;
        for await (const event of chat.send(text)) if (event.type === 'finish') reply = event;
        expect(reply?.ids).toEqual(replies[turn]!.ids);
        expect(reply?.text).toBe(replies[turn]!.text);
      }
    },
  );
});

describe('greedy continuations', () => {
  type Greedy = { readonly files: Record<string, { greedy?: { ids: number[]; gap: number[] } }> };
  it.each(['q8_0', 'q4_k_m'])('of small-%s equal the golden wherever the gap exceeds the error', async (type) => {
    const model = goldenModels.find(({ name }) => name === `small/gguf/small-${type}.gguf`)!;
    const { files } = JSON.parse(await readFile(repositoryPath('fixtures/small/golden.json'), 'utf8')) as Greedy;
    const greedy = files[type]!.greedy!;
    const engine = await loadGolden(model, { device: 'f32' });
    // Teacher forcing: every golden id is fed, so that one near-tie cannot hide what follows.
    const tokens = [...model.tokens, ...greedy.ids];
    const logits = await engine.logits(
      tokens,
      greedy.ids.map((_, k) => model.tokens.length - 1 + k),
    );
    await engine.close();
    greedy.ids.forEach((id, k) => {
      const row = logits[k]!;
      if (greedy.gap[k]! > 0.005) expect(row.indexOf(Math.max(...row))).toBe(id);
    });
  });
});

it('gives no text for a token that only the embedding has a row for', async () => {
  const { header, data } = miniatureSafetensors({ ...miniature, vocabularySize: 1344 });
  const files = new Map([
    ['config.json', new TextEncoder().encode(JSON.stringify(miniatureConfigJson))],
    ['model.safetensors', writeSafetensors(header, data)],
    ['tokenizer.model', readFixture('small/hf/tokenizer.model')], // 1,280 pieces
  ]);
  const engine = await loadGemma(memoryFolder('padded', files), { gpu: await testGpu(), context: 16 });
  const { ids, text } = await finish(engine, 'ab', { maxTokens: 3, logitBias: new Map([[1300, 100]]) });
  await engine.close();
  expect(ids).toEqual([1300, 1300, 1300]);
  expect(text).toBe('');
});

describe('the engine', () => {
  let engine: GpuEngine;
  beforeAll(async () => {
    engine = await loadDemo({ context: 128, prefillChunk: 16 });
  });
  afterAll(() => engine.close());

  it('reuses the common prefix and answers as if it had not', async () => {
    const first = await finish(engine, user('I like green tea.'));
    const again = await finish(engine, user('I like green tea.'));
    expect(first.usage.promptTokens - again.usage.cachedTokens).toBe(1);
    expect(again.ids).toEqual(first.ids);
    const other = await finish(engine, user('I like black coffee.'));
    expect(other.usage.cachedTokens).toBeGreaterThan(2);
    const fresh = await loadDemo({ context: 128, prefillChunk: 16 });
    expect((await finish(fresh, user('I like black coffee.'))).ids).toEqual(other.ids);
    await fresh.close();
  });

  it('gives the same ids for the same seed, and others for another', async () => {
    const sampled = { temperature: 1.5, topK: 50, topP: 0.95, maxTokens: 30, ignoreEos: true };
    const one = await finish(engine, user('Hello!'), { ...sampled, seed: 7 });
    const two = await finish(engine, user('Hello!'), { ...sampled, seed: 7 });
    const three = await finish(engine, user('Hello!'), { ...sampled, seed: 8 });
    expect(two.ids).toEqual(one.ids);
    expect(three.ids).not.toEqual(one.ids);
  });

  it('ends at maxTokens and at the end of the context', async () => {
    const short = await finish(engine, user('Hello!'), { maxTokens: 3 });
    expect(short).toMatchObject({ reason: 'length' });
    expect(short.ids).toHaveLength(3);
    const full = await finish(engine, user('Hello!'), { ignoreEos: true });
    expect(full.reason).toBe('length');
    expect(full.usage.promptTokens + full.ids.length).toBe(128);
  });

  it('stops within a step when it is aborted, and goes on afterwards', async () => {
    const controller = new AbortController();
    let tokens = 0;
    let reason = '';
    for await (const event of engine.generate(user('Hello!'), { ignoreEos: true, signal: controller.signal })) {
      if (event.type === 'token' && ++tokens === 3) controller.abort();
      if (event.type === 'finish') reason = event.reason;
    }
    expect(tokens).toBe(3);
    expect(reason).toBe('abort');
    for await (const event of engine.generate(user('Hello!'))) if (event.type === 'token') break;
    expect((await finish(engine, user('Hello!'))).ids).toEqual(demo.replies[0]!.replies[0]!.ids);
  });

  it('counts the time of a reply that ended before its first token as prefill', async () => {
    const { usage } = await finish(engine, user('Hello!'), { maxTokens: 0 });
    expect(usage).toMatchObject({ completionTokens: 0, decodeMs: 0 });
    expect(usage.prefillMs).toBeGreaterThan(0);
  });

  it('ends at an abort without waiting for the steps that run, and the next reply waits for them', async () => {
    const { model } = engine;
    const held: (() => void)[] = [];
    const decode = model.decode.bind(model);
    const hold = new Promise<void>((resolve) => held.push(resolve));
    const late: typeof decode = async (...step) => {
      const tokens = await decode(...step);
      await hold;
      return tokens;
    };
    Object.assign(model, { decode: late });
    const controller = new AbortController();
    const first = finish(engine, user('Hello!'), { ignoreEos: true, signal: controller.signal, stepsAhead: 8 });
    await model.idle();
    controller.abort();
    expect((await first).reason).toBe('abort'); // None of its steps has come back.
    Reflect.deleteProperty(model, 'decode'); // That of its class again.

    let ended = false;
    const second = finish(engine, user('Hello!')).finally(() => {
      ended = true;
    });
    await model.idle();
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(ended).toBe(false);
    for (const release of held) release();
    expect((await second).ids).toEqual(demo.replies[0]!.replies[0]!.ids);
  });

  it('ends at once when it is aborted before its turn, and leaves the order of the others', async () => {
    const running = engine.generate(user('Hello!'))[Symbol.asyncIterator]();
    for (let i = 0; i < 3; i++) await running.next(); // It has its turn, and keeps it while nobody reads on.
    const controller = new AbortController();
    const waiting = finish(engine, user('こんにちは'), { signal: controller.signal });
    let ended = false;
    const last = finish(engine, user('こんにちは')).finally(() => {
      ended = true;
    });
    controller.abort();
    const usage = { cachedTokens: 0, completionTokens: 0, prefillMs: 0, decodeMs: 0 };
    expect(await waiting).toMatchObject({ reason: 'abort', ids: [], text: '', usage });
    expect(await finish(engine, user('Hello!'), { signal: AbortSignal.abort() })).toMatchObject({ reason: 'abort' });
    await engine.model.idle();
    expect(ended).toBe(false);
    let reply: GenerateEvent | undefined;
    for (let next = await running.next(); !next.done; next = await running.next()) reply = next.value;
    expect(ended).toBe(false);
    expect(reply).toMatchObject({ type: 'finish', ids: demo.replies[0]!.replies[0]!.ids });
    expect((await last).ids).toEqual(demo.replies[1]!.replies[0]!.ids);
  });

  it.each([
    ['prompt-too-long', { tokens: Array(128).fill(5) }],
    ['prompt-empty', { tokens: [] }],
    ['token-id', { tokens: [2, 8192] }],
    ['token-id', { tokens: [2, -1] }],
    ['token-id', { tokens: [1.5] }],
  ] as const)('refuses with %s and stays usable', async (code, prompt) => {
    const error = await finish(engine, prompt).catch((caught: unknown) => caught);
    expect(isTamaError(error, code)).toBe(true);
    expect((await finish(engine, user('Hello!'), { maxTokens: 1 })).ids).toHaveLength(1);
  });

  it('refuses text without a tokenizer and positions that do not exist', async () => {
    const bare = await loadGolden(goldenModels[0]!);
    const text = await finish(bare, 'hello').catch((caught: unknown) => caught);
    expect(isTamaError(text, 'tokenizer-missing')).toBe(true);
    const position = await bare.logits([2, 5], [2]).catch((caught: unknown) => caught);
    expect(isTamaError(position, 'position')).toBe(true);
    await bare.close();
    const closed = await finish(bare, { tokens: [2] }).catch((caught: unknown) => caught);
    expect(isTamaError(closed, 'model-closed')).toBe(true);
  });

  it('runs generations one after the other', async () => {
    const [one, two] = await Promise.all([finish(engine, user('Hello!')), finish(engine, user('こんにちは'))]);
    expect(one.ids).toEqual(demo.replies[0]!.replies[0]!.ids);
    expect(two.ids).toEqual(demo.replies[1]!.replies[0]!.ids);
  });
});

// SwiftShader takes 250 ms a turn, llvmpipe 40; what would stay behind is JavaScript's and the same.
const turnsToHold = process.env.TAMA_TEST_ADAPTER === 'swiftshader' ? 40 : 200;
it(`holds no more memory after ${turnsToHold} turns`, async () => {
  const engine = await loadGolden(goldenModels[0]!, { context: 64, prefillChunk: 16 });
  let turns = 0;
  // Conversations of ten turns: most of each prompt is in the KV cache, then none of it is.
  const turn = async () => {
    const tokens = Array.from({ length: 4 + 3 * (turns % 10) }, (_, i) => (i + Math.floor(turns / 10)) % 112);
    turns++;
    for await (const _ of engine.generate({ tokens }, { maxTokens: 3 }));
  };
  for (let i = 0; i < 20; i++) await turn();
  const bytes = engine.model.bytes;
  const heap = usedHeap();
  for (let i = 0; i < turnsToHold; i++) await turn();
  expect(engine.model.bytes).toBe(bytes);
  expect(usedHeap() - heap).toBeLessThan(turnsToHold * 10_000);
  await engine.close();
});

function usedHeap(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('closing', () => {
  it('releases every buffer', async () => {
    const engine = await loadDemo({ context: 64 });
    await finish(engine, user('Hello!'), { maxTokens: 2 });
    expect(engine.model.bytes).toBeGreaterThan(7_000_000);
    void engine.close();
    await engine.close(); // Whoever closes it too waits as long.
    expect(engine.model.bytes).toBe(0);
  });

  it('leaves nothing of it with the device, which lives on', async () => {
    const closed = await (async () => {
      const engine = await loadGolden(goldenModels[0]!, { device: 'f32', context: 64 });
      await finish(engine, { tokens: [2, 3, 4] }, { maxTokens: 2 });
      await engine.close();
      return new WeakRef(engine.model);
    })();
    await expect.poll(() => usedHeap() > 0 && closed.deref() === undefined).toBe(true);
  });

  it('ends a reply whose reader closes the model, and refuses those that wait', async () => {
    const engine = await loadDemo({ context: 64 });
    let reason = '';
    let waiting: Promise<unknown> | undefined;
    for await (const event of engine.generate(user('Hello!'), { ignoreEos: true })) {
      if (event.type === 'finish') reason = event.reason;
      if (event.type !== 'token' || waiting) continue;
      waiting = finish(engine, user('Hello!')).catch((error: unknown) => error);
      await engine.close();
    }
    expect(reason).toBe('abort');
    expect(isTamaError(await waiting, 'model-closed')).toBe(true);
    expect(engine.model.bytes).toBe(0);
  });
});

describe('closing at a bad moment', () => {
  it('while kernels are compiled ends the reply, and writes to no buffer that is gone', async () => {
    const engine = await loadGolden(goldenModels[0]!, { device: 'f32', context: 64 });
    const { device } = await sharedGpu(await testGpu(), true);
    const errors: string[] = [];
    const note = ({ error }: GPUUncapturedErrorEvent) => errors.push(error.message);
    device.addEventListener('uncapturederror', note);
    const compile = device.createComputePipelineAsync.bind(device);
    device.createComputePipelineAsync = async (descriptor) => {
      await engine.close();
      return compile(descriptor);
    };
    const last = await finish(engine, { tokens: [2, 3, 4] }, { temperature: 1, seed: 1, ignoreEos: true });
    Reflect.deleteProperty(device, 'createComputePipelineAsync');
    await device.queue.onSubmittedWorkDone();
    device.removeEventListener('uncapturederror', note);
    expect(last.reason).toBe('abort');
    expect(errors).toEqual([]);
  });

  it('tells who waits for logits that the model was closed', async () => {
    const engine = await loadGolden(goldenModels[0]!, { device: 'f32', context: 64 });
    const { queue } = (await sharedGpu(await testGpu(), true)).device;
    engine.model.idle = async () => {}; // Its buffers are destroyed before they are mapped.
    const submit = queue.submit.bind(queue);
    queue.submit = (commands) => {
      submit(commands);
      void engine.close();
    };
    const error = await engine.logits([2, 3, 4], 'all').catch((caught: unknown) => caught);
    Reflect.deleteProperty(queue, 'submit');
    expect(isTamaError(error, 'model-closed')).toBe(true);
  });
});

describe('a lost device', () => {
  it('is told as such, and the next load gets another', async () => {
    const engine = await loadDemo({ device: 'f32', context: 64 });
    const { device } = await sharedGpu(await testGpu(), true);
    let tokens = 0;
    const error = await (async () => {
      for await (const event of engine.generate(user('Hello!'), { ignoreEos: true })) {
        if (event.type === 'token' && ++tokens === 2) device.destroy();
      }
    })().catch((caught: unknown) => caught);
    expect(isTamaError(error, 'device-lost')).toBe(true);
    await engine.close();

    const lose = async () => (await sharedGpu(await testGpu(), true)).device.destroy();
    const onProgress = ({ phase, loadedBytes }: LoadProgress) =>
      void (phase === 'weights' && loadedBytes === 0 && lose());
    const loading = loadGolden(goldenModels[0]!, { device: 'f32', context: 64, onProgress }).catch(
      (caught: unknown) => caught,
    );
    expect(isTamaError(await loading, 'device-lost')).toBe(true);

    const again = await loadDemo({ device: 'f32', context: 64 });
    expect((await finish(again, user('Hello!'))).ids).toEqual(demo.replies[0]!.replies[0]!.ids);
    await again.close();
  });
});
