import { describe, expect, it } from 'vitest';
import { seededRandom } from '../testing/random.ts';
import { type Drafter, SpeculativeDecoder, type Verifier } from './speculation.ts';

/** A model that chooses by what lies before: any function of it will do. */
const chooses = (tokens: readonly number[]) => (7 * tokens.length + 3 * tokens.at(-1)! + (tokens.at(-2) ?? 1)) % 5;

/** Verifies as a model does, with a KV cache that it checks. */
function testModel(prompt: readonly number[]) {
  const cache = prompt.slice();
  const passes: number[] = [];
  let next: number | undefined;
  return {
    passes,
    cache,
    prefill: async () => ({ id: chooses(prompt) }),
    verify: async (tokens: readonly number[], start: number, slot: number) => {
      expect(start).toBeLessThanOrEqual(cache.length);
      expect(slot).toBe(start - prompt.length + 1);
      passes.push(tokens.length);
      cache.splice(start, cache.length, ...tokens);
      const ids = tokens.map((_, i) => chooses(cache.slice(0, start + i + 1)));
      next = tokens.length === 1 ? ids[0] : undefined;
      return ids.map((id) => ({ id }));
    },
    decode: async (slot: number) => {
      expect(slot).toBe(cache.length - prompt.length + 1);
      // Only after a step over a single token the next one is known on the GPU.
      cache.push(next!);
      next = chooses(cache);
      return [{ id: next }];
    },
  };
}

function plainly(prompt: readonly number[], count: number): number[] {
  const tokens = [...prompt];
  while (tokens.length < prompt.length + count) tokens.push(chooses(tokens));
  return tokens.slice(prompt.length);
}

const prompt = [1, 2, 3, 4];
const random = seededRandom(1);
const wrong = (id: number) => (id + 1) % 5;
const drafters: Record<string, Drafter> = {
  'that is always right': { cost: 0.1, propose: (tokens, count) => plainly(tokens, count) },
  'that is always wrong': { cost: 0.1, propose: (tokens, count) => plainly(tokens, count).map(wrong) },
  'that guesses at random, now and then nothing': {
    cost: 0,
    propose: (_, count) => Array.from({ length: Math.floor(random() * (count + 1)) }, () => Math.floor(random() * 5)),
  },
  'that has an idea now and then': {
    cost: 0,
    propose: (tokens, count) => (tokens.length % 30 < 10 ? plainly(tokens, count) : []),
  },
  'that gives more than asked for': { cost: 0, propose: (tokens) => plainly(tokens, 30) },
  'that costs more than it can gain': { cost: 1, propose: (tokens, count) => plainly(tokens, count) },
};

describe.each(Object.entries(drafters))('with a drafter %s', (_, drafter) => {
  it.each([1, 2, 40, 201])('gives the %i tokens that the model would choose', async (count) => {
    const model = testModel(prompt);
    const decoder = new SpeculativeDecoder(model, drafter, prompt, count);
    const ids: number[] = [];
    for (let token = await decoder.next(); token; token = await decoder.next()) ids.push(token.id);
    expect(ids).toEqual(plainly(prompt, count));
    // What it says of the KV cache is what is there.
    expect(model.cache.slice(prompt.length, prompt.length + decoder.fed)).toEqual(ids.slice(0, decoder.fed));
    expect(decoder.fed).toBeLessThan(count);
    expect(decoder.touched).toBeGreaterThanOrEqual(model.cache.length - prompt.length);
    // No position past the limit's last token, which itself is never taken in.
    expect(model.cache.length).toBeLessThanOrEqual(prompt.length + count - 1);
    expect(Math.max(0, ...model.passes)).toBeLessThanOrEqual(8);
  });
});

async function decode(drafter: Drafter, count: number) {
  const model = testModel(prompt);
  const decoder = new SpeculativeDecoder(model, drafter, prompt, count);
  while (await decoder.next());
  return { passes: model.passes, ...decoder.guesses };
}

it('takes fewer passes the more guesses are right', async () => {
  const { passes, drafted, accepted } = await decode(drafters['that is always right']!, 81);
  expect(accepted).toBe(drafted);
  expect(passes.length).toBeLessThanOrEqual(12); // four tokens, then eight a pass
});

it('stops guessing where it does not pay, and tries again now and then', async () => {
  const { drafted, accepted } = await decode(drafters['that is always wrong']!, 201);
  expect(accepted).toBe(0);
  expect(drafted).toBeLessThan(30);
  // Wrong for a while, then right.
  const later = { cost: 0.1, propose: (tokens: readonly number[], count: number) => plainly(tokens, count) };
  const turning: Drafter = {
    ...later,
    propose: (tokens, count) =>
      tokens.length < 100 ? later.propose(tokens, count).map(wrong) : later.propose(tokens, count),
  };
  const turned = await decode(turning, 301);
  expect(turned.accepted).toBeGreaterThan(100);
  // It costs as much as it could gain at best.
  expect((await decode(drafters['that costs more than it can gain']!, 81)).drafted).toBe(0);
});

it('keeps one step running while it looks for a guess, and no more', async () => {
  const model = testModel(prompt);
  let submitted = 0;
  const verifier: Verifier = {
    prefill: model.prefill,
    verify: (tokens, start, slot) => {
      submitted += tokens.length;
      return model.verify(tokens, start, slot);
    },
    decode: (slot) => {
      submitted++;
      return model.decode(slot);
    },
  };
  const running: number[] = [];
  const drafter: Drafter = {
    cost: 0,
    propose: (tokens) => {
      running.push(submitted - (tokens.length - prompt.length - 1));
      return tokens.length < 15 ? [] : plainly(tokens, 1);
    },
  };
  const decoder = new SpeculativeDecoder(verifier, drafter, prompt, 17);
  for (let token = 1; token <= 17; token++) expect(await decoder.next()).toBeDefined();
  // None before the first step, then one; none before a pass.
  expect(running).toEqual([0, ...Array(10).fill(1), 0, 0]);
  expect(await decoder.next()).toBeUndefined();
});

it('hands on what fails, also of a step that nobody reads any more', async () => {
  const failing = new Error('lost');
  const model = { ...testModel(prompt), decode: () => Promise.reject(failing) };
  const none: Drafter = { cost: 0, propose: () => [] };
  const decoder = new SpeculativeDecoder(model, none, prompt, 10);
  for (let token = 1; token <= 2; token++) await decoder.next();
  await expect(decoder.drain()).rejects.toBe(failing);
  await expect(decoder.next()).rejects.toBe(failing);
});
