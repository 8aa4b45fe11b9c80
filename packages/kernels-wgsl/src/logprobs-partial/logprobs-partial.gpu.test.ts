import { describe, expect, it } from 'vitest';
import { pitchOf } from '../activation.ts';
import { logprobsReference } from '../logprobs/logprobs.ts';
import { randomRows, runKernel, testGpu, variantName, variantsOf } from '../testing/index.ts';
import { logprobsPartial, logprobsPartials } from './logprobs-partial.ts';

const gpu = await testGpu();
const keyOf = (value: number) => {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  return (value < 0 ? ~bits : bits | 0x8000_0000) >>> 0;
};

describe.each(variantsOf(logprobsPartial, gpu.features).map((features) => [variantName(features), features] as const))(
  'logprobs-partial, %s',
  (_, features) => {
    it.each([
      [1, 20, 'fewer logits than asked for'],
      [33, 0, 'the sum alone'],
      [4096, 3, 'exactly a block'],
      [9000, 20, 'blocks and a part of one'],
    ])('has the sum and the largest of every block: %i logits, top %i, %s', async (width, top) => {
      const logits = randomRows(2, 1, width, pitchOf(width), 8);
      logits.fill(100, width); // the padding must not be read
      if (width > 40) logits.set([Number.NaN, -Infinity, 17, 17], 20);
      const blocks = logprobsPartials(width);
      const partials = new Uint32Array(2 * blocks * (1 + top));
      const after = await runKernel(logprobsPartial, { features }, { logits, partials }, { width, top, softcap: 0 });
      const sums = new Float32Array(after.partials.buffer);
      for (let block = 0; block < blocks; block++) {
        const own = logits.subarray(4096 * block, Math.min(4096 * (block + 1), width));
        const expected = logprobsReference(own, 0, own.length).top;
        const at = 2 * block * (1 + top);
        const largest = own[expected[0]!.id]!;
        expect(after.partials[at]).toBe(keyOf(largest));
        expect(Math.log(sums[at + 1]!)).toBeCloseTo(-expected[0]!.logprob, 5);
        for (let place = 0; place < top; place++) {
          const id = expected[place]?.id;
          const pair = id === undefined ? [0, 0xffff_ffff] : [keyOf(own[id]!), 4096 * block + id];
          expect([...after.partials.subarray(at + 2 * (1 + place), at + 2 * (2 + place))]).toEqual(pair);
        }
      }
    });
  },
);
