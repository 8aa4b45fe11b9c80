import { describe, expect, it } from 'vitest';
import { attentionMerge, attentionMergeReference } from '../attention-merge/attention-merge.ts';
import { attentionReference, visibleKeys } from '../common/attention.ts';
import { ropeCacheReference } from '../rope-cache/rope-cache.ts';
import { rotationTable } from '../rope-cache/rotation-table.ts';
import {
  nmse,
  nmseLimits,
  onlySeen,
  packCache,
  packKeys,
  randomNormal,
  runKernel,
  testGpu,
  unpackCache,
  unpackKeys,
  variantName,
  variantsOf,
} from '../testing/index.ts';
import { attentionDecode, attentionDecodeReference, partialsLength } from './attention-decode.ts';

const gpu = await testGpu();
const theta = 10000;

describe.each(variantsOf(attentionDecode, gpu.features).map((features) => [variantName(features), features] as const))(
  'attention-decode, %s',
  (_, features) => {
    it.each([
      // One key, one vec4: every invocation but one is left over.
      { position: 0, heads: 1, kvHeads: 1, headDim: 4, capacity: 8, window: 0, splits: 3, deviation: 1 },
      // A head that divides no tile; a tile that is not full.
      { position: 70, heads: 6, kvHeads: 2, headDim: 24, capacity: 80, window: 0, splits: 4, deviation: 1 },
      // The ring is exactly the window, and turns inside a tile.
      { position: 1020, heads: 4, kvHeads: 4, headDim: 32, capacity: 72, window: 72, splits: 5, deviation: 1 },
      // The window is longer than what there is; the first key has just left it.
      { position: 40, heads: 4, kvHeads: 1, headDim: 64, capacity: 104, window: 90, splits: 1, deviation: 1 },
      { position: 90, heads: 4, kvHeads: 1, headDim: 64, capacity: 104, window: 90, splits: 1, deviation: 1 },
      // A window of one key; a group of five takes two workgroups.
      { position: 9, heads: 10, kvHeads: 2, headDim: 64, capacity: 8, window: 1, splits: 2, deviation: 1 },
      // A first key of a split that no other key is in.
      { position: 64, heads: 2, kvHeads: 1, headDim: 32, capacity: 128, window: 0, splits: 3, deviation: 1 },
      // 27B's head; scores far beyond the cap; the last split is short.
      { position: 700, heads: 4, kvHeads: 2, headDim: 128, capacity: 1024, window: 0, splits: 3, deviation: 10 },
      // 2B over its whole context.
      { position: 8191, heads: 4, kvHeads: 2, headDim: 256, capacity: 8192, window: 0, splits: 32, deviation: 1 },
      { position: 8191, heads: 2, kvHeads: 1, headDim: 256, capacity: 4608, window: 4096, splits: 64, deviation: 6 },
    ])('matches the definition at %o', async ({ position, deviation, ...shape }) => {
      const { heads, kvHeads, headDim, capacity, splits } = shape;
      const params = { ...shape, scale: headDim ** -0.5, softcap: 50 };
      const qkv = randomNormal(1, (heads + 2 * kvHeads) * headDim, deviation);
      const [key, value] = [2, 3].map((seed) => randomNormal(seed, kvHeads * capacity * headDim, deviation));
      const keys = packKeys(key!, headDim, features.f16);
      const values = packCache(value!, features.f16);
      const step = Uint32Array.of(position, 1, 0, 0);
      // Old partials, which a split without keys may leave, but must not add.
      const old = randomNormal(4, partialsLength(params));
      const rotations = rotationTable(position + 1, headDim, theta);
      const { partials, ...after } = await runKernel(
        attentionDecode,
        { features },
        { step, rotations, qkv, keys, values, partials: old },
        params,
      );

      // Keys that have left the window, or are not there yet, are not read.
      const seen = visibleKeys(position, params.window);
      const others = await runKernel(
        attentionDecode,
        { features },
        {
          ...{ step, rotations, qkv, partials: old },
          keys: packKeys(onlySeen(key!, seen, shape), headDim, features.f16),
          values: packCache(onlySeen(value!, seen, shape), features.f16),
        },
        params,
      );
      expect(others.partials).toEqual(partials);

      const rotated = ropeCacheReference(
        { start: position, rows: 1 },
        theta,
        qkv,
        unpackKeys(keys, headDim),
        unpackCache(values),
        { rows: 1, pitch: qkv.length, ...params },
      );
      const stored = [unpackKeys(after.keys, headDim), unpackCache(after.values)] as const;
      const limit = features.f16 ? nmseLimits.f16 : nmseLimits.f32;
      expect(nmse(stored[0], rotated.keys)).toBeLessThan(limit);
      expect(nmse(stored[1], rotated.values)).toBeLessThan(limit);

      const expected = attentionDecodeReference(position, rotated.qkv, ...stored, params);
      for (let row = 0; row < heads * splits; row++) {
        const [first, last] = [row * (headDim + 4), row * (headDim + 4) + headDim];
        const [total, expectedTotal] = [partials[last]!, expected[last]!];
        if (expectedTotal === 0) {
          expect(total).toBe(0);
          continue;
        }
        // A score of 50 is known to 4e-6, its exponential no better: what both sums share drops out of the quotient.
        expect(total / expectedTotal).toBeCloseTo(1, 4);
        const sums = partials.slice(first, last).map((sum) => sum / total);
        const expectedSums = expected.slice(first, last).map((sum) => sum / expectedTotal);
        expect(nmse(sums, expectedSums)).toBeLessThan(nmseLimits.f32);
      }

      const merge = { rows: 1, heads, headDim, splits, yPitch: heads * headDim };
      const merged = await runKernel(
        attentionMerge,
        { features },
        { step, partials, y: new Float32Array(heads * headDim) },
        merge,
      );
      const attended = Array.from({ length: heads }, (_, head) => {
        const query = rotated.qkv.slice(head * headDim, (head + 1) * headDim);
        const visible = visibleKeys(position, params.window);
        const { sums, total } = attentionReference(query, head, visible, ...stored, params);
        return Array.from(sums, (sum) => sum / total);
      }).flat();
      expect(nmse(merged.y, attended)).toBeLessThan(nmseLimits.f32);
      expect(nmse(attentionMergeReference(expected, merge), attended)).toBeLessThan(1e-20);
    });
  },
);
