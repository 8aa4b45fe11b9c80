import { isTamaError } from '@tama/errors';
import { logprobsReference } from '@tama/kernels-wgsl';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, GenerateEvent, GenerateOptions, Prompt } from './engine.ts';
import type { GpuEngine } from './gpu-engine.ts';
import { sharedGpu } from './shared-gpu.ts';
import { goldenModels } from './testing/goldens.ts';
import { loadGolden, testGpu } from './testing/load.ts';

type Token = Extract<GenerateEvent, { type: 'token' }>;
type Finish = Extract<GenerateEvent, { type: 'finish' }>;

const neverAborts = new AbortController().signal;
const prompt = { tokens: [2, 10, 20, 30] };
const repetitive = { tokens: [2, 10, 20, 30, 40, 50, 10, 20, 30, 40, 50, 10, 20, 30, 40, 50, 10, 20] };

// With keys and values in f16, one pass over many rows rounds unlike many passes over one, which a draw can show.
const load = (type: string, context: number): Promise<GpuEngine> => {
  const model = goldenModels.find(({ name }) => name === `small/gguf/small-${type}.gguf`)!;
  return loadGolden(model, { device: 'f32', context });
};

/** An engine that seems to take no time, so that it is asked for guesses. */
const light = (engine: GpuEngine): GpuEngine => {
  const info = { ...engine.info, weightBytes: 0 };
  return { info, generate: (...request: Parameters<Engine['generate']>) => engine.generate(...request) } as GpuEngine;
};

async function generate(engine: GpuEngine, prompt: Prompt, options: GenerateOptions) {
  const tokens: Token[] = [];
  let finish: Finish | undefined;
  for await (const event of engine.generate(prompt, options)) {
    if (event.type === 'token') tokens.push(event);
    if (event.type === 'finish') finish = event;
  }
  return { tokens, ...finish! };
}

// SwiftShader takes 90 ms a token, llvmpipe 4.
const drawn = process.env.TAMA_TEST_ADAPTER === 'swiftshader' ? 150 : 1000;
it(`draws the same ${drawn} tokens for a seed, however many steps run ahead`, { timeout: 300_000 }, async () => {
  const engine = await load('q8_0', drawn + 10);
  const options = { temperature: 2, topK: 60, topP: 0.98, repetitionPenalty: 1.1, seed: 11, maxTokens: drawn };
  const runs: (readonly number[])[] = [];
  for (const stepsAhead of [1, 8]) {
    const { ids } = await generate(engine, prompt, { ...options, stepsAhead, ignoreEos: true });
    runs.push(ids);
  }
  await engine.close();
  expect(new Set(runs[0]).size).toBeGreaterThan(10);
  expect(runs[0]).toHaveLength(drawn);
  expect(runs[1]).toEqual(runs[0]);
});

describe('a generation', () => {
  let engine: GpuEngine;
  beforeAll(async () => {
    engine = await load('q8_0', 256);
  });
  afterAll(() => engine.close());

  it.each([
    ['1 step ahead', { stepsAhead: 1 }],
    ['8 steps ahead', { stepsAhead: 8 }],
    ['as many as fit', {}],
    ['drawn, with penalties', { temperature: 1, topP: 0.9, seed: 1, repetitionPenalty: 1.2, stepsAhead: 4 }],
    ['with log-probabilities', { logprobs: 3, stepsAhead: 4 }],
  ])('decodes without allocating, binding or writing anything, %s', async (_, how) => {
    const { device } = await sharedGpu(await testGpu(), true);
    const options = { ...how, maxTokens: 30, ignoreEos: true };
    await generate(engine, prompt, options); // makes the recordings and the ring of read-back buffers
    const calls = countCalls(device);
    const made: Record<string, number>[] = [];
    for await (const event of engine.generate(prompt, options)) {
      if (event.type === 'token') made.push(calls.counts());
    }
    calls.restore();
    const [first, last] = [made[0]!, made.at(-1)!];
    for (const call of ['writeBuffer', ...creations]) {
      expect(`${call} ${last[call]! - first[call]!}`).toBe(`${call} 0`);
    }
    // At most a submit a step: what was in flight at the first token is in its count.
    expect(last.submit! - first.submit!).toBeLessThanOrEqual(29);
    expect(last.submit! - first.submit!).toBeGreaterThan(3);
  });

  it('refuses a bias on a token that there is not, and goes on afterwards', async () => {
    const { vocabularySize } = engine.info.config;
    const biased = (id: number) => generate(engine, prompt, { maxTokens: 2, logitBias: new Map([[id, 100]]) });
    expect(isTamaError(await biased(vocabularySize).catch((caught: unknown) => caught), 'option')).toBe(true);
    expect((await biased(vocabularySize - 1)).ids).toEqual([vocabularySize - 1, vocabularySize - 1]);
  });

  describe('log-probabilities', () => {
    it.each([
      ['greedy', {}],
      ['drawn', { temperature: 1.2, seed: 4, topK: 30 }],
    ])('are those of the model at every token, %s', async (_, sampling) => {
      const { tokens: before } = prompt;
      const options = { ...sampling, maxTokens: 12, logprobs: 5, ignoreEos: true };
      const { tokens, ids } = await generate(engine, prompt, options);
      const logits = await engine.logits(
        [...before, ...ids],
        ids.map((_, i) => before.length - 1 + i),
      );
      expect(tokens).toHaveLength(12);
      tokens.forEach(({ id, logprobs }, i) => {
        const expected = logprobsReference(logits[i]!, id, 5);
        expect(logprobs!.chosen.id).toBe(id);
        expect(Math.abs(logprobs!.chosen.logprob - expected.chosen.logprob)).toBeLessThan(1e-3);
        expect(logprobs!.top).toHaveLength(5);
        logprobs!.top.forEach(({ logprob }, place) => {
          expect(Math.abs(logprob - expected.top[place]!.logprob)).toBeLessThan(1e-3);
        });
        expect(logprobs!.top[0]!.id).toBe(expected.top[0]!.id);
      });
    });

    it('are left out unless asked for, and may be of the chosen token alone', async () => {
      const without = await generate(engine, prompt, { maxTokens: 2 });
      expect(without.tokens[0]).not.toHaveProperty('logprobs');
      const alone = await generate(engine, prompt, { maxTokens: 2, logprobs: 0 });
      expect(alone.tokens[0]!.logprobs!.top).toEqual([]);
      expect(alone.tokens[0]!.logprobs!.chosen.logprob).toBeLessThanOrEqual(0);
      expect(alone.ids).toEqual(without.ids);
    });

    it.each([21, -1, 1.5])('refuses %d of them', async (logprobs) => {
      const error = await generate(engine, prompt, { logprobs }).catch((caught: unknown) => caught);
      expect(isTamaError(error, 'option')).toBe(true);
    });
  });

  describe('speculation', () => {
    it.each([
      ['greedy', {}],
      ['drawn', { temperature: 0.3, topK: 3, seed: 3 }],
    ])('from earlier text changes nothing that is generated, %s', async (_, sampling) => {
      const options = { ...sampling, maxTokens: 50, ignoreEos: true };
      const plain = await generate(engine, repetitive, options);
      const guessed = await generate(engine, repetitive, { ...options, speculation: 'prompt-lookup' });
      expect(guessed.ids).toEqual(plain.ids);
      const { drafted, accepted } = guessed.usage.speculation!;
      expect(drafted).toBeGreaterThan(0);
      expect(accepted).toBeLessThanOrEqual(drafted);
    });

    it('leaves a KV cache that the next turn can go on from', async () => {
      const options = { maxTokens: 30, ignoreEos: true, speculation: 'prompt-lookup' } as const;
      const first = await generate(engine, repetitive, options);
      const tokens = [...repetitive.tokens, ...first.ids, 7, 8, 9];
      const next = await generate(engine, { tokens }, { maxTokens: 20, ignoreEos: true });
      expect(next.usage.cachedTokens).toBeGreaterThanOrEqual(tokens.length - 4);
      const fresh = await load('q8_0', 256);
      expect((await generate(fresh, { tokens }, { maxTokens: 20, ignoreEos: true })).ids).toEqual(next.ids);
      await fresh.close();
    });

    it.each([
      ['the same model', 'q8_0'],
      ['another one', 'q4_k_m'],
    ])('by %s changes nothing that is generated', async (_, type) => {
      const draft = await load(type, 256);
      for (const sampling of [{}, { temperature: 0.7, seed: 1 }]) {
        const options = { ...sampling, maxTokens: 41, ignoreEos: true };
        const plain = await generate(engine, prompt, options);
        const guessed = await generate(engine, prompt, { ...options, speculation: { draft: light(draft) } });
        expect(guessed.ids).toEqual(plain.ids);
        const { drafted, accepted } = guessed.usage.speculation!;
        expect(drafted).toBeGreaterThan(20);
        // Its own greedy guesses are right wherever the choice is greedy too.
        if (type === 'q8_0' && Object.keys(sampling).length === 0) expect(accepted).toBe(drafted);
      }
      await draft.close();
    });

    it('by the model itself is refused: it would wait for its own turn', async () => {
      const options = { maxTokens: 4, speculation: { draft: engine } };
      const error = await generate(engine, prompt, options).catch((caught: unknown) => caught);
      expect(isTamaError(error, 'option')).toBe(true);
    });

    it('refuses what is no way to guess before anything is computed', async () => {
      for (const speculation of ['lookup', {}, { draft: { info: { config: { vocabularySize: 7 } } } }]) {
        const events = engine.generate(prompt, { speculation } as object)[Symbol.asyncIterator]();
        const error = await events.next().catch((caught: unknown) => caught);
        expect(isTamaError(error, 'option')).toBe(true);
      }
    });

    it('ends with the drafter still at work when it is aborted or the model is closed', async () => {
      const errors: string[] = [];
      const { device } = await sharedGpu(await testGpu(), true);
      const note = ({ error }: GPUUncapturedErrorEvent) => errors.push(error.message);
      device.addEventListener('uncapturederror', note);
      const closing = await load('q8_0', 256);
      const controller = new AbortController();
      for (const [model, stop] of [
        [engine, () => controller.abort()],
        [closing, () => closing.close()],
      ] as const) {
        const signals: (AbortSignal | undefined)[] = [];
        let stopped: unknown;
        const draft = {
          ...light(engine),
          async *generate(_: Prompt, { signal }: GenerateOptions): AsyncGenerator<GenerateEvent> {
            signals.push(signal);
            stopped ??= stop();
            await stopped;
            yield { type: 'token', id: 5, text: '' };
          },
        } as unknown as GpuEngine;
        const options = { maxTokens: 20, ignoreEos: true, speculation: { draft }, signal: controller.signal };
        const { reason } = await generate(
          model,
          prompt,
          model === engine ? options : { ...options, signal: neverAborts },
        );
        expect(reason).toBe('abort');
        expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
      }
      await device.queue.onSubmittedWorkDone();
      device.removeEventListener('uncapturederror', note);
      expect(errors).toEqual([]);
      expect(closing.model.bytes).toBe(0);
    });

    it('leaves nothing in the KV cache that a failed step may not have written', async () => {
      const tokens = [2, 60, 61, 62, 63];
      const failing = new Error('the prefill failed');
      Object.assign(engine.model, { prefill: () => Promise.reject(failing) });
      const first = async (tokens: readonly number[]) => {
        for await (const event of engine.generate({ tokens })) return event;
        return undefined;
      };
      for (const speculation of [undefined, 'prompt-lookup'] as const) {
        const options = { maxTokens: 3, ...(speculation ? { speculation } : {}) };
        await expect(generate(engine, { tokens }, options)).rejects.toBe(failing);
        expect(await first([...tokens, 64])).toMatchObject({ cached: 0 });
      }
      const long = Array.from({ length: 200 }, (_, i) => i);
      const left = engine.generate({ tokens: long });
      for (const processed of [0, 64]) expect((await left.next()).value).toMatchObject({ processed });
      await left.return(); // The chunk that is left fails, which is nobody's unhandled rejection.
      expect(await first(long)).toMatchObject({ cached: 0 });
      Reflect.deleteProperty(engine.model, 'prefill'); // That of its class again.
    });

    it('is off where penalties need every token before the next', async () => {
      const options = { maxTokens: 10, frequencyPenalty: 0.5, seed: 1 };
      const plain = await generate(engine, repetitive, options);
      const guessed = await generate(engine, repetitive, { ...options, speculation: 'prompt-lookup' });
      expect(guessed.ids).toEqual(plain.ids);
      expect(guessed.usage).not.toHaveProperty('speculation');
    });
  });
});

describe('going back in a conversation longer than the window', () => {
  it('costs the new tokens only, as far as the rings reach', async () => {
    // `tiny` has a window of a few tokens; its rings hold 40 more than they need.
    const engine = await loadGolden(goldenModels[0]!, { device: 'f32', context: 128, prefillChunk: 8, rollback: 40 });
    const tokens = Array.from({ length: 100 }, (_, i) => (7 * i + 3) % 100);
    await generate(engine, { tokens }, { maxTokens: 1 });
    const branch = [...tokens.slice(0, 70), 5, 6, 7];
    const { usage, ids } = await generate(engine, { tokens: branch }, { maxTokens: 5, ignoreEos: true });
    expect(usage.cachedTokens).toBe(70);
    const back = await generate(engine, { tokens: tokens.slice(0, 20) }, { maxTokens: 1 });
    expect(back.usage.cachedTokens).toBe(0);
    const fresh = await loadGolden(goldenModels[0]!, { device: 'f32', context: 128 });
    expect((await generate(fresh, { tokens: branch }, { maxTokens: 5, ignoreEos: true })).ids).toEqual(ids);
    await Promise.all([engine.close(), fresh.close()]);
  });
});

const creations = [
  'createBuffer',
  'createTexture',
  'createBindGroup',
  'createBindGroupLayout',
  'createPipelineLayout',
  'createShaderModule',
  'createComputePipeline',
  'createComputePipelineAsync',
  'createQuerySet',
] as const;

/** Counts the calls that would make a step more than a replay. */
function countCalls(device: GPUDevice) {
  const counts: Record<string, number> = {};
  const restore: (() => void)[] = [];
  const count = (target: object, names: readonly string[]) => {
    for (const name of names) {
      counts[name] = 0;
      const original = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      Reflect.set(target, name, (...args: unknown[]) => {
        counts[name]!++;
        return original.apply(target, args);
      });
      restore.push(() => Reflect.deleteProperty(target, name));
    }
  };
  count(device, creations);
  count(device.queue, ['writeBuffer', 'submit']);
  return {
    counts: () => ({ ...counts }),
    restore: () => {
      for (const undo of restore) undo();
    },
  };
}
