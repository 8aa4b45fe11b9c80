import { expect, it } from 'vitest';
import { noToken } from '../argmax/argmax.ts';
import { randomNormal } from '../testing/random.ts';
import { seenWords } from './sampling.ts';
import { sampleReference, samplingDistribution } from './sampling-reference.ts';
import { uniformAt } from './uniform.ts';

// Token 0 has probability 1/8, 1: 1/2, 2: 1/8, 3: 1/4.
const logits = [1, 4, 1, 2].map((weight) => Math.log(weight));

it('gives the softmax when nothing is asked', () => {
  const random = randomNormal(1, 500, 3);
  const sum = random.reduce((total, logit) => total + Math.exp(logit), 0);
  const { ids, probabilities } = samplingDistribution(random, {});
  for (const [i, id] of ids.entries()) expect(probabilities[i]).toBeCloseTo(Math.exp(random[id]!) / sum, 6);
  expect(ids).toHaveLength(500);
});

it.each([
  ['sorts equal tokens by id', {}, [1, 3, 0, 2], [0.5, 0.25, 0.125, 0.125]],
  ['sharpens by temperature', { temperature: 0.5 }, [1, 3, 0, 2], [16 / 22, 4 / 22, 1 / 22, 1 / 22]],
  ['takes the most likely token at temperature 0', { temperature: 0, topP: 0.9 }, [1], [1]],
  ['keeps the k most likely tokens, equal ones by id', { topK: 3 }, [1, 3, 0], [4 / 7, 2 / 7, 1 / 7]],
  ['keeps the token at which top-p is reached', { topP: 0.6 }, [1, 3], [2 / 3, 1 / 3]],
  ['takes top-p of what top-k kept', { topK: 2, topP: 0.66 }, [1], [1]],
  ['keeps one token at top-p 0', { topP: 0 }, [1], [1]],
  ['drops what has less than min-p of the largest', { minP: 0.3 }, [1, 3], [2 / 3, 1 / 3]],
  ['takes min-p after top-p', { topP: 0.8, minP: 0.4 }, [1, 3], [2 / 3, 1 / 3]],
  [
    'adds biases',
    {
      logitBias: new Map([
        [0, Math.log(8)],
        [1, -Infinity],
      ]),
    },
    [0, 3, 2],
    [8 / 11, 2 / 11, 1 / 11],
  ],
])('%s', (_, options, ids, probabilities) => {
  const distribution = samplingDistribution(logits, options);
  expect(distribution.ids).toEqual(ids);
  for (const [i, probability] of probabilities.entries()) {
    expect(distribution.probabilities[i]).toBeCloseTo(probability, 6);
  }
});

it('keeps a token before which exactly p lies', () => {
  expect(samplingDistribution([3, 3, 3, 3], { topP: 0.5 }).ids).toEqual([0, 1, 2]);
});

it('penalises what was seen: repetition in prompt and answer, presence and frequency in the answer', () => {
  const seen = seenWords(4, [0, 1], [1, 2, 2]);
  const options = { repetitionPenalty: 2, presencePenalty: 0.5, frequencyPenalty: 0.25 };
  const { ids, probabilities } = samplingDistribution([-1, 2, 1, 0], options, seen);
  const expected = [-2, 2 / 2 - 0.75, 1 / 2 - 1, 0].map(Math.exp);
  const sum = expected.reduce((total, one) => total + one);
  expect(ids).toEqual([1, 3, 2, 0]);
  for (const [i, id] of ids.entries()) expect(probabilities[i]).toBeCloseTo(expected[id]! / sum, 6);
});

it('draws by the cumulative probability, from the most likely token on', () => {
  for (let position = 0; position < 200; position++) {
    const draw = uniformAt(6, position);
    const expected = draw < 0.5 ? 1 : draw < 0.75 ? 3 : draw < 0.875 ? 0 : 2;
    expect(sampleReference(logits, { seed: 6 }, position)).toBe(expected);
  }
});

it('says that there is no token when no logit is a number', () => {
  expect(sampleReference([Number.NaN, -Infinity], {}, 0)).toBe(noToken);
});
