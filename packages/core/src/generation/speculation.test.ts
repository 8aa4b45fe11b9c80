import { describe, expect, it } from 'vitest';
import { seededRandom } from '../testing/random.ts';
import { type Drafter, SpeculativeDecoder } from './speculation.ts';

/** A model that chooses by what lies before: any function of it will do. */
const chooses = (tokens: readonly number[]) => (7 * tokens.length + 3 * tokens.at(-1)! + (tokens.at(-2) ?? 1)) % 5;

/** Verifies as a model does, with a KV cache that it checks. */
function testModel(prompt: readonly number[]) {
  const cache = prompt.slice();
  const passes: number[] = [];
  return {
    passes,
    cache,
    prefill: async () => ({ id: chooses(prompt) }),
    verify: async (tokens: readonly number[], start: number, slot: number) => {
      expect(start).toBeLessThanOrEqual(cache.length);
      expect(slot).toBe(start - prompt.length + 1);
      passes.push(tokens.length);
      cache.splice(start, cache.length, ...tokens);
      return tokens.map((_, i) => ({ id: chooses(cache.slice(0, start + i + 1)) }));
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
const drafters: Record<string, Drafter> = {
  'that is always right': {
    propose: (tokens, count) => plainly(tokens, count),
  },
  'that is always wrong': { propose: (tokens, count) => plainly(tokens, count).map((id) => (id + 1) % 5) },
  'that guesses at random, now and then nothing': {
    propose: (_, count) => Array.from({ length: Math.floor(random() * (count + 1)) }, () => Math.floor(random() * 5)),
  },
  'that gives more than asked for': { propose: (tokens) => plainly(tokens, 30) },
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

it('takes fewer passes the more guesses are right', async () => {
  const passes = async (drafter: Drafter) => {
    const model = testModel(prompt);
    const decoder = new SpeculativeDecoder(model, drafter, prompt, 81);
    while (await decoder.next());
    return { passes: model.passes.length, ...decoder.guesses };
  };
  const right = await passes(drafters['that is always right']!);
  expect(right.accepted).toBe(right.drafted);
  expect(right.passes).toBeLessThanOrEqual(12); // five tokens, then eight a pass
  const wrong = await passes(drafters['that is always wrong']!);
  expect(wrong).toMatchObject({ passes: 80, accepted: 0 });
});
