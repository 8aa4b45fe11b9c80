import { describe, expect, it } from 'vitest';
import { pitchOf } from '../activation.ts';
import { partialsLength } from '../attention-decode/attention-decode.ts';
import { attentionMerge } from '../attention-merge/attention-merge.ts';
import { visibleKeys } from '../common/attention.ts';
import type { Features } from '../kernel.ts';
import {
  nmse,
  nmseLimits,
  onlySeen,
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
import type { Params } from './attention-prefill.wgsl.ts';

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
    ])('matches the definition at %o', async (at) => {
      const { expected, y } = await attend(features, at, 1);
      expect(nmse(y, expected)).toBeLessThan(nmseLimits.f32);
    });

    it.each([
      // One key; a tile that is not full, in the second of three splits; rows that are not live.
      [2, { start: 0, live: 1, rows: 8, heads: 1, kvHeads: 1, headDim: 4, capacity: 8, window: 0, deviation: 1 }],
      [3, { start: 400, live: 5, rows: 8, heads: 6, kvHeads: 2, headDim: 24, capacity: 512, window: 0, deviation: 1 }],
      // The third split has one key, which only the last row sees; the fourth has none.
      [4, { start: 505, live: 8, rows: 8, heads: 2, kvHeads: 1, headDim: 64, capacity: 520, window: 0, deviation: 2 }],
      // A window that turns in the ring; three heads, so that an octet is left over. A window of one key.
      [
        3,
        { start: 900, live: 7, rows: 7, heads: 3, kvHeads: 1, headDim: 32, capacity: 312, window: 300, deviation: 1 },
      ],
      [2, { start: 50, live: 8, rows: 8, heads: 4, kvHeads: 2, headDim: 64, capacity: 8, window: 1, deviation: 1 }],
      // Two octets of rows.
      [
        5,
        { start: 500, live: 15, rows: 16, heads: 2, kvHeads: 2, headDim: 128, capacity: 640, window: 0, deviation: 10 },
      ],
      // 2B over its whole context, and over its window.
      [
        16,
        { start: 8184, live: 8, rows: 8, heads: 4, kvHeads: 2, headDim: 256, capacity: 8192, window: 0, deviation: 1 },
      ],
      [
        16,
        {
          start: 8000,
          live: 4,
          rows: 4,
          heads: 2,
          kvHeads: 1,
          headDim: 256,
          capacity: 4104,
          window: 4096,
          deviation: 6,
        },
      ],
    ])('in %i splits, merged, matches the definition at %o', async (splits, at) => {
      const { expected, y } = await attend(features, at, splits);
      expect(nmse(y, expected)).toBeLessThan(nmseLimits.f32);
    });
  },
);

type Case = Pick<Params, 'rows' | 'heads' | 'kvHeads' | 'headDim' | 'capacity' | 'window'> & {
  readonly start: number;
  readonly live: number;
  readonly deviation: number;
};

/** What the kernel makes of random numbers, and what it should; in several splits, they are merged. */
async function attend(features: Features, { start, live, deviation, ...shape }: Case, splits: number) {
  const { rows, heads, kvHeads, headDim, capacity } = shape;
  const qkvWidth = (heads + 2 * kvHeads) * headDim;
  const pitch = pitchOf(qkvWidth);
  const yPitch = pitchOf(heads * headDim);
  const params = { ...shape, pitch, yPitch, scale: headDim ** -0.5, softcap: 50, splits };
  const qkv = randomRows(1, rows, qkvWidth, pitch, deviation);
  const [key, value] = [2, 3].map((seed) => randomNormal(seed, kvHeads * capacity * headDim, deviation));
  const keys = packKeys(key!, headDim, features.f16);
  const values = packCache(value!, features.f16);
  const step = Uint32Array.of(start, live, 0, 0);
  const y = new Float32Array(rows * yPitch);
  // Old partials, which splits without keys and rows that are not live may leave, but must not add.
  const old = splits === 1 ? y : randomNormal(4, rows * partialsLength(params));
  const run = await runKernel(attentionPrefill, { features }, { step, qkv, keys, values, y: old }, params);
  const merged =
    splits === 1 ? run : await runKernel(attentionMerge, { features }, { step, partials: run.y, y }, params);
  const cache = [unpackKeys(keys, headDim), unpackCache(values)] as const;

  // Keys that have left the windows of all rows, or are not there yet, are not read.
  const seen = [visibleKeys(start, params.window)[0], start + live] as const;
  const onlyKeys = packKeys(onlySeen(key!, seen, shape), headDim, features.f16);
  const onlyValues = packCache(onlySeen(value!, seen, shape), features.f16);
  const others = { step, qkv, keys: onlyKeys, values: onlyValues, y: old };
  expect((await runKernel(attentionPrefill, { features }, others, params)).y).toEqual(run.y);
  return { y: merged.y, expected: attentionPrefillReference({ start, rows: live }, qkv, ...cache, params) };
}
