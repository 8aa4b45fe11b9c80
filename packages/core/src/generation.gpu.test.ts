import { isTamaError } from '@tama/errors';
import { logprobsReference } from '@tama/kernels-wgsl';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenerateEvent, GenerateOptions, Prompt } from './engine.ts';
import type { GpuEngine } from './gpu-engine.ts';
import { sharedGpu } from './shared-gpu.ts';
import { goldenModels } from './testing/goldens.ts';
import { loadDemo, loadGolden, testGpu } from './testing/load.ts';

type Token = Extract<GenerateEvent, { type: 'token' }>;
type Finish = Extract<GenerateEvent, { type: 'finish' }>;

const user = (content: string): Prompt => ({ messages: [{ role: 'user', content }] });
const repetitive = user('Repeat: red green blue, red green blue, red green blue, red green');

async function generate(engine: GpuEngine, prompt: Prompt, options: GenerateOptions) {
  const tokens: Token[] = [];
  let finish: Finish | undefined;
  for await (const event of engine.generate(prompt, options)) {
    if (event.type === 'token') tokens.push(event);
    if (event.type === 'finish') finish = event;
  }
  return { tokens, ...finish! };
}

it('draws the same 1,000 tokens for a seed, however many steps run ahead', async () => {
  const small = goldenModels.find(({ name }) => name === 'small/gguf/small-q8_0.gguf')!;
  const engine = await loadGolden(small, { device: 'auto', context: 1010 });
  const options = { temperature: 1, topK: 40, topP: 0.95, repetitionPenalty: 1.1, seed: 11, maxTokens: 1000 };
  const runs: (readonly number[])[] = [];
  for (const ahead of [{ stepsAhead: 1 }, { stepsAhead: 8 }, {}]) {
    const { ids } = await generate(engine, { tokens: [2, 10, 20, 30] }, { ...options, ...ahead, ignoreEos: true });
    runs.push(ids);
  }
  await engine.close();
  expect(runs[0]).toHaveLength(1000);
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[2]).toEqual(runs[0]);
});

describe('the demo model', () => {
  let engine: GpuEngine;
  beforeAll(async () => {
    engine = await loadDemo({ context: 512 });
  });
  afterAll(() => engine.close());

  it.each([1, 8])('decodes without allocating, binding or writing anything, %i steps ahead', async (stepsAhead) => {
    const { device } = await sharedGpu(await testGpu(), false);
    const options = { maxTokens: 30, ignoreEos: true, stepsAhead };
    await generate(engine, user('Hello!'), options); // makes the recordings and the ring of read-back buffers
    const calls = countCalls(device);
    const made: Record<string, number>[] = [];
    for await (const event of engine.generate(user('Hello!'), options)) {
      if (event.type === 'token') made.push(calls.counts());
    }
    calls.restore();
    const [first, last] = [made[0]!, made.at(-1)!];
    for (const call of ['createBuffer', 'createBindGroup', 'createComputePipeline', 'writeBuffer', 'createTexture']) {
      expect(`${call} ${last[call]! - first[call]!}`).toBe(`${call} 0`);
    }
    // At most a submit a step: what was in flight at the first token is in its count.
    expect(last.submit! - first.submit!).toBeLessThanOrEqual(29);
    expect(last.submit! - first.submit!).toBeGreaterThan(3);
  });

  describe('log-probabilities', () => {
    it.each([
      ['greedy', {}],
      ['drawn', { temperature: 1.2, seed: 4, topK: 30 }],
    ])('are those of the model at every token, %s', async (_, sampling) => {
      const prompt = await engine.tokenize(user('What is your name?'));
      const options = { ...sampling, maxTokens: 12, logprobs: 5, ignoreEos: true };
      const { tokens, ids } = await generate(engine, { tokens: prompt }, options);
      const logits = await engine.logits(
        [...prompt, ...ids],
        ids.map((_, i) => prompt.length - 1 + i),
      );
      expect(tokens).toHaveLength(12);
      tokens.forEach(({ id, logprobs }, i) => {
        const expected = logprobsReference(logits[i]!, id, 5);
        expect(logprobs!.chosen.id).toBe(id);
        // Prefill and decode round differently: an f16 KV cache shows it in the third place.
        expect(Math.abs(logprobs!.chosen.logprob - expected.chosen.logprob)).toBeLessThan(0.01);
        expect(logprobs!.top).toHaveLength(5);
        logprobs!.top.forEach(({ logprob }, place) => {
          expect(Math.abs(logprob - expected.top[place]!.logprob)).toBeLessThan(0.01);
        });
        expect(logprobs!.top[0]!.id).toBe(expected.top[0]!.id);
      });
    });

    it('are left out unless asked for, and may be of the chosen token alone', async () => {
      const without = await generate(engine, user('Hello!'), { maxTokens: 2 });
      expect(without.tokens[0]).not.toHaveProperty('logprobs');
      const alone = await generate(engine, user('Hello!'), { maxTokens: 2, logprobs: 0 });
      expect(alone.tokens[0]!.logprobs!.top).toEqual([]);
      expect(alone.tokens[0]!.logprobs!.chosen.logprob).toBeLessThanOrEqual(0);
      expect(alone.ids).toEqual(without.ids);
    });

    it.each([21, -1, 1.5])('refuses %d of them', async (logprobs) => {
      const error = await generate(engine, user('Hello!'), { logprobs }).catch((caught: unknown) => caught);
      expect(isTamaError(error, 'option')).toBe(true);
    });
  });

  describe('speculation', () => {
    // With f16 keys and tiles, one pass over many rows rounds unlike many passes over one, which a draw can show.
    let engine: GpuEngine;
    beforeAll(async () => {
      engine = await loadDemo({ device: 'f32', context: 512 });
    });
    afterAll(() => engine.close());

    it.each([
      ['greedy', {}, repetitive],
      ['drawn', { temperature: 0.8, topP: 0.95, seed: 3 }, repetitive],
      ['drawn hot', { temperature: 1.6, seed: 5 }, user('こんにちは、あなたの名前は何ですか？')],
    ] as const)('from earlier text changes nothing that is generated, %s', async (_, sampling, prompt) => {
      const options = { ...sampling, maxTokens: 50, ignoreEos: true };
      const plain = await generate(engine, prompt, options);
      const guessed = await generate(engine, prompt, { ...options, speculation: 'prompt-lookup' });
      expect(guessed.ids).toEqual(plain.ids);
      const { drafted, accepted } = guessed.usage.speculation!;
      expect(drafted).toBeGreaterThan(0);
      expect(accepted).toBeLessThanOrEqual(drafted);
    });

    it('leaves a KV cache that the next turn can go on from', async () => {
      const options = { maxTokens: 30, ignoreEos: true, speculation: 'prompt-lookup' } as const;
      const first = await generate(engine, repetitive, options);
      const tokens = [...(await engine.tokenize(repetitive)), ...first.ids, ...(await engine.tokenize(user('Go on.')))];
      const next = await generate(engine, { tokens }, { maxTokens: 20, ignoreEos: true });
      expect(next.usage.cachedTokens).toBeGreaterThan(tokens.length - 40);
      const fresh = await loadDemo({ device: 'f32', context: 512 });
      expect((await generate(fresh, { tokens }, { maxTokens: 20, ignoreEos: true })).ids).toEqual(next.ids);
      await fresh.close();
    });

    it('by the same model is right at every guess, and ends where it should', async () => {
      const draft = await loadDemo({ device: 'f32', context: 512 });
      const options = { maxTokens: 41, ignoreEos: true };
      const plain = await generate(engine, user('Hello!'), options);
      const guessed = await generate(engine, user('Hello!'), { ...options, speculation: { draft } });
      await draft.close();
      expect(guessed.ids).toEqual(plain.ids);
      const { drafted, accepted } = guessed.usage.speculation!;
      expect(accepted).toBe(drafted);
      expect(accepted).toBeGreaterThan(30);
    });

    it('by another model changes nothing that is generated', async () => {
      const [big, draft] = await Promise.all(
        ['small/gguf/small-q8_0.gguf', 'small/gguf/small-q4_k_m.gguf'].map((name) => {
          const model = goldenModels.find((golden) => golden.name === name)!;
          return loadGolden(model, { device: 'f32', context: 128 });
        }),
      );
      const prompt = { tokens: [2, 10, 20, 30, 40] };
      for (const sampling of [{}, { temperature: 0.7, seed: 1 }]) {
        const options = { ...sampling, maxTokens: 50, ignoreEos: true };
        const plain = await generate(big!, prompt, options);
        const guessed = await generate(big!, prompt, { ...options, speculation: { draft: draft! } });
        expect(guessed.ids).toEqual(plain.ids);
        expect(guessed.usage.speculation!.drafted).toBeGreaterThan(0);
      }
      await Promise.all([big!.close(), draft!.close()]);
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
  count(device, ['createBuffer', 'createBindGroup', 'createComputePipeline', 'createTexture']);
  count(device.queue, ['writeBuffer', 'submit']);
  return {
    counts: () => ({ ...counts }),
    restore: () => {
      for (const undo of restore) undo();
    },
  };
}
