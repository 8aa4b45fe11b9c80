import { describe, expect, it } from 'vitest';
import { pitchOf } from '../activation.ts';
import {
  nmse,
  nmseLimits,
  packCache,
  packKeys,
  randomNormal,
  randomRows,
  runKernel,
  testGpu,
  unpackCache,
  unpackKeys,
  variantName,
  variantsOf,
} from '../testing/index.ts';
import { attentionPrefill, attentionPrefillReference } from './attention-prefill.ts';

const gpu = await testGpu();

describe.each(variantsOf(attentionPrefill, gpu.features).map((features) => [variantName(features), features] as const))(
  'attention-prefill, %s',
  (_, features) => {
    it.each([
      // One key.
      { start: 0, live: 1, rows: 1, heads: 1, kvHeads: 1, headDim: 4, capacity: 8, window: 0, deviation: 1 },
      // A head of 6 vec4s, which fills no slice; tiles that end mid-row of a group.
      { start: 0, live: 33, rows: 33, heads: 6, kvHeads: 2, headDim: 24, capacity: 64, window: 0, deviation: 1 },
      // A window that starts inside a tile, in a ring that has wrapped several times.
      { start: 300, live: 20, rows: 20, heads: 4, kvHeads: 4, headDim: 32, capacity: 96, window: 77, deviation: 1 },
      // The ring is as small as it may be: window - 1 + rows.
      { start: 131, live: 16, rows: 16, heads: 4, kvHeads: 1, headDim: 64, capacity: 24, window: 9, deviation: 2 },
      // Not all rows are live, and some tiles have none; the window is longer than what there is.
      { start: 3, live: 9, rows: 40, heads: 4, kvHeads: 2, headDim: 64, capacity: 200, window: 150, deviation: 1 },
      // 27B's head; scores far beyond the cap.
      { start: 100, live: 30, rows: 32, heads: 4, kvHeads: 2, headDim: 128, capacity: 256, window: 0, deviation: 10 },
      // 2B's group and head.
      { start: 1000, live: 17, rows: 17, heads: 4, kvHeads: 2, headDim: 256, capacity: 1200, window: 0, deviation: 1 },
      { start: 500, live: 40, rows: 40, heads: 2, kvHeads: 1, headDim: 256, capacity: 304, window: 256, deviation: 6 },
    ])('matches the definition at %o', async ({ start, live, deviation, ...shape }) => {
      const { rows, heads, kvHeads, headDim, capacity } = shape;
      const qkvWidth = (heads + 2 * kvHeads) * headDim;
      const pitch = pitchOf(qkvWidth);
      const yPitch = pitchOf(heads * headDim);
      const params = { ...shape, pitch, yPitch, scale: headDim ** -0.5, softcap: 50 };
      const qkv = randomRows(1, rows, qkvWidth, pitch, deviation);
      const [key, value] = [2, 3].map((seed) => randomNormal(seed, kvHeads * capacity * headDim, deviation));
      const keys = packKeys(key!, headDim, features.f16);
      const values = packCache(value!, features.f16);
      const { y } = await runKernel(
        attentionPrefill,
        { features },
        {
          step: Uint32Array.of(start, live, 0, 0),
          qkv,
          keys,
          values,
          y: new Float32Array(rows * yPitch),
        },
        params,
      );
      const step = { start, rows: live };
      const expected = attentionPrefillReference(step, qkv, unpackKeys(keys, headDim), unpackCache(values), params);
      expect(nmse(y, expected)).toBeLessThan(nmseLimits.f32);
    });
  },
);
