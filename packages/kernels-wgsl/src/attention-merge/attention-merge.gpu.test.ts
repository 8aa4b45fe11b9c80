import { expect, it } from 'vitest';
import { partialsLength } from '../attention-decode/attention-decode.ts';
import { ShapeError } from '../errors.ts';
import { nmse, nmseLimits, randomNormal, runKernel } from '../testing/index.ts';
import { attentionMerge, attentionMergeReference } from './attention-merge.ts';

const features = { f16: false, subgroups: false };

it.each([
  { rows: 1, heads: 1, headDim: 4, splits: 1, yPitch: 32, live: 1, liveRows: 1 },
  { rows: 5, heads: 3, headDim: 24, splits: 7, yPitch: 96, live: 7, liveRows: 3 },
  { rows: 1, heads: 8, headDim: 256, splits: 64, yPitch: 2048, live: 64, liveRows: 1 },
  { rows: 8, heads: 8, headDim: 128, splits: 32, yPitch: 1024, live: 3, liveRows: 8 }, // the rest is left from a longer context
])('matches the definition at %o', async ({ live, liveRows, ...params }) => {
  const { rows, heads, headDim, splits, yPitch } = params;
  const partials = randomNormal(1, rows * partialsLength(params));
  for (let row = 0; row < rows * heads * splits; row++) {
    // Totals as far apart as soft-capped scores make them.
    const total = row % splits < live ? Math.exp(100 * ((row * 0.37) % 1) - 50) : 0;
    for (let c = 0; c < headDim; c++) partials[row * (headDim + 4) + c]! *= total || 1e9;
    partials.set([total, 0, 0, 0], row * (headDim + 4) + headDim);
  }
  const step = Uint32Array.of(70, liveRows, 0, 0);
  const y = new Float32Array(rows * yPitch);
  const after = await runKernel(attentionMerge, { features }, { step, partials, y }, params);
  expect(nmse(after.y, attentionMergeReference(partials, params, liveRows))).toBeLessThan(nmseLimits.f32);
});

it('refuses more splits than it has invocations', () => {
  expect(() => attentionMerge.workgroups({ rows: 1, heads: 8, headDim: 256, splits: 65, yPitch: 2048 }, {})).toThrow(
    ShapeError,
  );
});
