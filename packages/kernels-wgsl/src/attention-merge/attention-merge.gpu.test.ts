import { expect, it } from 'vitest';
import { partialsLength } from '../attention-decode/attention-decode.ts';
import { ShapeError } from '../errors.ts';
import { nmse, nmseLimits, randomNormal, runKernel } from '../testing/index.ts';
import { attentionMerge, attentionMergeReference } from './attention-merge.ts';

const features = { f16: false, subgroups: false };

it.each([
  { heads: 1, headDim: 4, splits: 1, live: 1 },
  { heads: 3, headDim: 24, splits: 7, live: 7 },
  { heads: 8, headDim: 256, splits: 64, live: 64 },
  { heads: 8, headDim: 128, splits: 32, live: 3 }, // the rest is left from a longer context
])('matches the definition at %o', async ({ live, ...params }) => {
  const { heads, headDim, splits } = params;
  const partials = randomNormal(1, partialsLength(params));
  for (let row = 0; row < heads * splits; row++) {
    // Totals as far apart as soft-capped scores make them.
    const total = row % splits < live ? Math.exp(100 * ((row * 0.37) % 1) - 50) : 0;
    for (let c = 0; c < headDim; c++) partials[row * (headDim + 4) + c]! *= total || 1e9;
    partials.set([total, 0, 0, 0], row * (headDim + 4) + headDim);
  }
  const y = new Float32Array(heads * headDim);
  const after = await runKernel(attentionMerge, { features }, { partials, y }, params);
  expect(nmse(after.y, attentionMergeReference(partials, params))).toBeLessThan(nmseLimits.f32);
});

it('refuses more splits than it has invocations', () => {
  expect(() => attentionMerge.workgroups({ heads: 8, headDim: 256, splits: 65 }, {})).toThrow(ShapeError);
});
