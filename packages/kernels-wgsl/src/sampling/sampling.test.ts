import { explain } from '@tama/errors';
import { describe, expect, it } from 'vitest';
import { maximumBiases, type SamplingOptions, samplingBytes, samplingWords, seenWords } from './sampling.ts';
import { SamplingError } from './sampling-error.ts';

const floatsOf = (words: Uint32Array<ArrayBuffer>) => new Float32Array(words.buffer);

describe('samplingWords', () => {
  it('turns everything off by default', () => {
    const words = samplingWords({});
    expect([...words.subarray(0, 2)]).toEqual([0, 0]);
    expect([floatsOf(words)[2], words[3]]).toEqual([1, 0]);
    expect([...floatsOf(words).subarray(4, 10)]).toEqual([1, 32, 1, 1, 0, 0]);
    expect([...words.subarray(10)]).toEqual([0, 0]);
  });

  it('takes 64 bits of a seed, of either sign', () => {
    expect([...samplingWords({ seed: 0x1_0000_0002 }).subarray(0, 2)]).toEqual([2, 1]);
    expect([...samplingWords({ seed: -1 }).subarray(0, 2)]).toEqual([0xffff_ffff, 0xffff_ffff]);
    expect(samplingWords({ seed: (1n << 64n) + 5n })).toEqual(samplingWords({ seed: 5 }));
  });

  it('makes temperature 0 the most likely token', () => {
    const words = samplingWords({ temperature: 0, topK: 50 });
    expect([floatsOf(words)[2], words[3]]).toEqual([1, 1]);
  });

  it('sorts biases by id, and has finite numbers only', () => {
    const words = samplingWords({ logitBias: new Map([[9, 1.5], [3, -Infinity]]) }); // biome-ignore format: a pair a token
    expect(words[10]).toBe(2);
    expect([words[12], words[14]]).toEqual([3, 9]);
    expect([floatsOf(words)[13], floatsOf(words)[15]]).toEqual([-3.4028234663852886e38, 1.5]);
  });

  it('fits the buffer with the most biases', () => {
    const logitBias = new Map(Array.from({ length: maximumBiases }, (_, id) => [id, 1]));
    expect(samplingWords({ logitBias }).byteLength).toBe(samplingBytes);
  });

  it.each<[string, SamplingOptions]>([
    ['temperature', { temperature: -1 }],
    ['temperature', { temperature: Number.NaN }],
    ['temperature', { temperature: '1' as unknown as number }],
    ['topK', { topK: 1.5 }],
    ['topK', { topK: -1 }],
    ['topP', { topP: 1.01 }],
    ['minP', { minP: -0.1 }],
    ['repetitionPenalty', { repetitionPenalty: 0 }],
    ['presencePenalty', { presencePenalty: Infinity }],
    ['presencePenalty', { presencePenalty: '1' as unknown as number }],
    ['frequencyPenalty', { frequencyPenalty: Number.NaN }],
    ['seed', { seed: 0.5 }],
    ['logitBias', { logitBias: new Map([[-1, 1]]) }],
    ['logitBias[5]', { logitBias: new Map([[5, Infinity]]) }],
    ['logitBias[5]', { logitBias: new Map([[5, '1' as unknown as number]]) }],
    ['logitBias.size', { logitBias: new Map(Array.from({ length: maximumBiases + 1 }, (_, id) => [id, 1])) }],
  ])('refuses a wrong %s: %o', (option, options) => {
    try {
      samplingWords(options);
    } catch (error) {
      expect(error).toBeInstanceOf(SamplingError);
      expect((error as SamplingError).details.option).toBe(option);
      expect(explain(error, 'en').what).toContain(`'${option}'`);
      expect(explain(error, 'ja').what).toContain(`「${option}」`);
      return;
    }
    expect.unreachable();
  });
});

it('counts what was seen, in the prompt and since', () => {
  expect([...seenWords(5, [1, 1, 3], [3, 4, 4])]).toEqual([0, 0x8000_0000, 0, 0x8000_0001, 2]);
});
