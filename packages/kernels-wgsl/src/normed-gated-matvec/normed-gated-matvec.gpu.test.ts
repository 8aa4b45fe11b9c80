import { describe, expect, it } from 'vitest';
import { multiplyNormedError, testGpu, variantName, variantsOf } from '../testing/index.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { normedGatedMatvec, normedGatedMatvecReference } from './normed-gated-matvec.ts';

const variants = variantsOf(normedGatedMatvec, (await testGpu()).features);
const { f16, q8_0, q4_0, q4_k } = weightFormats;

// The encodings differ in what normed-matvec's test has all of.
describe.each(variants.map((features) => [variantName(features), features] as const))(
  'normed-gated-matvec, %s',
  (_, features) => {
    it.each(normedGatedMatvec.candidates!.map((constants, i) => [constants, [q8_0, q4_0, f16, q4_k][i % 4]!] as const))(
      'matches the definition with %o',
      async (constants, format) => {
        for (const shape of [
          [80, 2304], // the last workgroup of 32 rows has half its panels
          [16, format.blockColumns],
        ] as const) {
          const options = { constants, offset: 3 };
          expect(
            await multiplyNormedError(normedGatedMatvec, normedGatedMatvecReference, format, shape, features, options),
          ).toBeLessThan(1e-11);
        }
      },
    );
  },
);
