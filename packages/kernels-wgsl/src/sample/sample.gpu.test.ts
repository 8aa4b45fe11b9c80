import { expect, it } from 'vitest';
import { noToken } from '../argmax/argmax.ts';
import type { SamplingOptions } from '../sampling/sampling.ts';
import { sampleReference, samplingDistribution } from '../sampling/sampling-reference.ts';
import { uniformAt } from '../sampling/uniform.ts';
import { randomNormal, randomSource } from '../testing/index.ts';
import { type Draws, sampleGuarded, testSampler } from '../testing/sampler.ts';

/**
 * Holds the drawn ids against the definition. Sums of f32 are not those of f64: where the random number is within 1e-5
 * of the border between two tokens, either may be drawn. Returns how many draws made use of that.
 */
function holdAgainstDefinition(ids: Uint32Array, { logits, options, seen, position = 1 }: Draws): number {
  const counted = seen?.slice();
  let intervals = intervalsOf(logits, options, counted);
  let close = 0;
  for (const [i, id] of ids.entries()) {
    const draw = uniformAt(options.seed ?? 0, position + i);
    const [low, high] = intervals.get(id) ?? [Number.NaN, Number.NaN];
    const distance = Math.max(low - draw, draw - high);
    if (!(distance < 1e-5)) {
      const what = JSON.stringify({ id, draw, low, high, step: i, options, width: logits.length });
      throw new Error(`not the token of the definition: ${what}`);
    }
    if (draw < low || draw >= high) close++;
    if (counted) {
      counted[id]! += 1;
      intervals = intervalsOf(logits, options, counted);
    }
  }
  return close;
}

/** The random numbers that give each token. */
function intervalsOf(logits: ArrayLike<number>, options: SamplingOptions, seen?: Uint32Array) {
  const { ids, probabilities } = samplingDistribution(logits, options, seen);
  const intervals = new Map<number, readonly [number, number]>();
  let before = 0;
  for (const [i, id] of ids.entries()) {
    const after = before + probabilities[i]!;
    intervals.set(id, [before, after]);
    before = after;
  }
  return intervals;
}

const chances = {
  deviation: [0.01, 0.5, 2, 4, 10, 30],
  temperature: [1, 0, 0.1, 0.7, 1.3, 3, 1000],
  topK: [0, 0, 1, 2, 17, 64, 1000],
  topP: [1, 1, 0, 1e-5, 0.3, 0.8, 0.95],
  minP: [0, 0, 0, 0.01, 0.2, 1],
} as const;

it.each([1, 33, 1025, 5003])('draws the token of the definition in random cases over %i logits', async (width) => {
  const sampler = await testSampler(width, 64);
  const random = randomSource(width);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  let close = 0;
  for (let trial = 0; trial < 12; trial++) {
    let logits = randomNormal(1000 * width + trial, width, pick(chances.deviation));
    if (trial % 3 === 1) logits = logits.map((logit) => Math.round(2 * logit) / 2); // many are equal
    if (trial % 3 === 2) for (let id = 1; id < width; id += 1 + Math.floor(3 * random())) logits[id] = -Infinity;
    const options = {
      temperature: pick(chances.temperature),
      topK: pick(chances.topK),
      topP: pick(chances.topP),
      minP: pick(chances.minP),
      seed: Math.floor(random() * 2 ** 50),
    };
    const draws = { logits, options, position: 1 + Math.floor(8000 * random()), count: 40 };
    close += holdAgainstDefinition((await sampler.draw(draws)).ids, draws);
  }
  expect(close).toBeLessThan(5); // of 480
  sampler.dispose();
});

it('draws the token of the definition while penalties change the logits', async () => {
  const width = 300;
  const sampler = await testSampler(width, 64);
  const options: readonly SamplingOptions[] = [
    { repetitionPenalty: 1.5, seed: 1 },
    { presencePenalty: 0.75, seed: 2 },
    { frequencyPenalty: 0.5, seed: 3 },
    { frequencyPenalty: -0.25, presencePenalty: 2, repetitionPenalty: 0.8, temperature: 0, seed: 4 },
    {
      repetitionPenalty: 1.25,
      frequencyPenalty: 0.5,
      logitBias: new Map([
        [7, 5],
        [299, 4],
        [0, -Infinity],
      ]),
      topK: 40,
      seed: 5,
    },
  ];
  for (const [trial, option] of options.entries()) {
    const logits = randomNormal(trial, width, 1.5);
    const seen = new Uint32Array(width);
    for (let id = 0; id < width; id += 3) seen[id] = 0x8000_0000;
    for (let id = 0; id < width; id += 5) seen[id]! += id % 4;
    const draws = { logits, options: option, seen, count: 64 };
    const after = await sampler.draw(draws);
    expect(holdAgainstDefinition(after.ids, draws)).toBe(0);
    for (const id of after.ids) seen[id]! += 1;
    expect(after.seen).toEqual(seen);
    expect(new Set(after.ids).size).toBeGreaterThan(5);
  }
  sampler.dispose();
});

const soft = (values: Float32Array<ArrayBuffer>) => values.map((value) => 30 * Math.tanh(value / 30));

it.each<[string, Float32Array<ArrayBuffer>, SamplingOptions]>([
  ['usual settings', soft(randomNormal(1, 256_000, 6)), { topK: 64, topP: 0.95 }],
  ['no cut', soft(randomNormal(2, 256_000, 3)), { temperature: 1.5 }],
  ['a cut far down', soft(randomNormal(3, 256_000, 2)), { topK: 100_000, topP: 0.9, minP: 1e-4 }],
  ['equal logits, cut by id', new Float32Array(256_000).fill(-3), { topK: 200_000, topP: 0.9 }],
])('draws the token of the definition over 256,000 logits: %s', async (_, logits, options) => {
  const sampler = await testSampler(256_000, 64);
  const draws = { logits, options: { ...options, seed: 11 }, count: 3 };
  expect(holdAgainstDefinition((await sampler.draw(draws)).ids, draws)).toBeLessThan(2);
  sampler.dispose();
});

it.each<[string, number[], SamplingOptions, number[]]>([
  ['the only token', [5], {}, [0]],
  ['one huge logit', [1, 2, 3e38, 1], { temperature: 2 }, [2]],
  ['one infinite logit', [1, Infinity, 3], { temperature: 2 }, [1]],
  ['-Infinity and NaN never', [-Infinity, 1, Number.NaN, 1, -Infinity], { temperature: 1e6 }, [1, 3]],
  ['top-k 1', [1, 2, 2, 1], { topK: 1, temperature: 5 }, [1]],
  ['temperature 0', [1, 2, 2, 1], { temperature: 0 }, [1]],
  ['a tiny temperature', [1, 2, 2.001, 1], { temperature: 1e-6 }, [2]],
  ['a huge temperature', [1, 2, 3], { temperature: 1e6 }, [0, 1, 2]],
  ['top-p 0', [1, 2, 2, 1], { topP: 0, temperature: 5 }, [1]],
  ['a tiny top-p', [1, 2, 2, 1], { topP: 1e-7, temperature: 5 }, [1]],
  ['top-p that the first token reaches exactly', [2, 2, 2, 2], { topP: 0.25 }, [0, 1]],
  ['min-p 1', [2, 1, 2, 1.9], { minP: 1, temperature: 5 }, [0, 2]],
  ['k beyond the vocabulary', [1, 2, 3], { topK: 1000, temperature: 100 }, [0, 1, 2]],
  ['equal logits, the first k', [3, 3, 3, 3, 3], { topK: 2 }, [0, 1]],
  [
    'everything but one forbidden',
    [9, 9, 1, 9],
    {
      logitBias: new Map([
        [0, -Infinity],
        [1, -Infinity],
        [3, -Infinity],
      ]),
    },
    [2],
  ],
])('draws all of the possible tokens and no other: %s', async (_, logits, options, possible) => {
  const sampler = await testSampler(logits.length, 32);
  const { ids } = await sampler.draw({ logits, options: { ...options, seed: 3 }, count: 32 });
  expect([...new Set(ids)].sort()).toEqual(possible);
  expect(samplingDistribution(Float32Array.from(logits), options).ids.toSorted()).toEqual(possible);
  sampler.dispose();
});

it('says that there is no token when no logit is a number', async () => {
  const sampler = await testSampler(3, 4);
  const { ids, tokens, seen } = await sampler.draw({
    logits: [Number.NaN, -Infinity, Number.NaN],
    options: {},
    count: 2,
  });
  expect([...ids]).toEqual([noToken, noToken]);
  expect(tokens[0]).toBe(0);
  expect([...seen]).toEqual([0, 0, 0]);
  sampler.dispose();
});

it.each<SamplingOptions>([
  { seed: 1 },
  { temperature: 0.7, topK: 8, seed: -5 },
  { temperature: 1.5, topP: 0.9, minP: 0.1, seed: 0xfedc_ba98_7654_3210n },
])('draws as often as the probabilities say: %o', async (options) => {
  const width = 12;
  const count = 600;
  const logits = randomNormal(42, width, 1);
  const sampler = await testSampler(width, count);
  const { ids } = await sampler.draw({ logits, options, count });
  const drawn = new Map<number, number>();
  for (const id of ids) drawn.set(id, (drawn.get(id) ?? 0) + 1);
  const possible = samplingDistribution(logits, options);
  let chiSquare = 0;
  for (const [i, id] of possible.ids.entries()) {
    const expected = count * possible.probabilities[i]!;
    chiSquare += ((drawn.get(id) ?? 0) - expected) ** 2 / expected;
  }
  // Mean n - 1 and variance 2 (n - 1) for n tokens: beyond four deviations in one of 10,000 seeds.
  const freedom = possible.ids.length - 1;
  expect(Math.abs(chiSquare - freedom)).toBeLessThan(4 * Math.sqrt(2 * freedom));
  sampler.dispose();
});

it.each([1, 33, 2049])('stays within its buffers over %i logits', async (width) => {
  const logits = randomNormal(width, width, 2);
  const options = { topK: 20, topP: 0.9, minP: 0.01, seed: 4 };
  const { id, position, step } = await sampleGuarded(logits, options);
  expect(id).toBe(sampleReference(logits, options, position));
  expect([...step]).toEqual([99, 1, 6, 0]);
});

it('draws the same 1,000 tokens however many steps are queued', async () => {
  const width = 2000;
  const logits = randomNormal(5, width, 2);
  const options = { temperature: 1.2, topP: 0.98, frequencyPenalty: 0.3, seed: 77 };
  const sampler = await testSampler(width, 1000);
  const run = async (queued: number) => sampler.draw({ logits, options, position: 500, count: 1000, queued });
  const one = await run(1);
  const many = await run(8);
  expect(many.ids).toEqual(one.ids);
  expect([...one.step]).toEqual([1499, 1, 1000, 0]);
  expect(one.tokens[0]).toBe(one.ids.at(-1));
  expect(new Set(one.ids).size).toBeGreaterThan(100);
  sampler.dispose();
});
