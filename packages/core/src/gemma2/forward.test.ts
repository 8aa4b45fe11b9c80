import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import {
  type GoldenModel,
  goldenModels,
  maxDifference,
  repositoryPath,
  tinyBfloat16Logits,
} from '../testing/goldens.ts';
import { forward } from './forward.ts';
import { ReferenceOps, type ReferenceTensor, referenceLoader } from './reference-ops.ts';
import { loadWeights } from './weights.ts';

/** All rows of logits by the f64 reference; `chunks` are the sizes of the steps. */
async function referenceLogits(model: GoldenModel, { scale = 'exact', chunks = [model.tokens.length] } = {}) {
  const checkpoint = await openCheckpoint(await model.open());
  const weights = await loadWeights(checkpoint, referenceLoader);
  const ops = new TracedOps(checkpoint.config, { embeddingScale: scale as 'exact' | 'bfloat16' });
  const rows: Float64Array[] = [];
  let start = 0;
  for (const size of chunks) {
    ops.step(model.tokens.slice(start, start + size), start);
    const { data, width, rows: count } = forward(ops, weights, checkpoint.config, 'all')!;
    for (let row = 0; row < count; row++) rows.push(data.slice(row * width, (row + 1) * width));
    start += size;
  }
  await checkpoint.close();
  return { rows, residuals: ops.residuals };
}

/** Keeps the residual stream after every sub-layer. */
class TracedOps extends ReferenceOps {
  readonly residuals: Float64Array[] = [];

  override addNormed(...args: Parameters<ReferenceOps['addNormed']>): ReferenceTensor {
    const h = super.addNormed(...args);
    this.residuals.push(args[0].data.slice());
    return h;
  }
}

const named = (name: string): GoldenModel => goldenModels.find((model) => model.name === name)!;
const tiny = named('tiny/hf');
const small = named('small/hf');

describe('the f64 forward pass', () => {
  it.each(goldenModels.map((model) => [model.name, model] as const))(
    'gives the golden logits of %s',
    async (_, model) => {
      const { rows } = await referenceLogits(model);
      const wanted = model.positions.map((position) => rows[position]!);
      // Goldens of `small` are stored as f32, whose step near 30 is 2e-6.
      expect(maxDifference(wanted, await model.logits())).toBeLessThan(5e-6);
    },
  );

  it('gives the golden logits with the bfloat16 embedding scale', async () => {
    const { rows } = await referenceLogits(tiny, { scale: 'bfloat16' });
    expect(maxDifference(rows, tinyBfloat16Logits)).toBeLessThan(1e-9);
  });

  it('has the golden residual stream after every layer', async () => {
    const { residuals } = await referenceLogits(small);
    const file = await readFile(repositoryPath('fixtures/small/golden/residuals.f32'));
    const golden = new Float32Array(file.buffer, file.byteOffset, file.byteLength / 4); // [layer][positions 40 and 95][256]
    for (let layer = 0; layer < 4; layer++) {
      [40, 95].forEach((position, i) => {
        const actual = residuals[2 * layer + 1]!.subarray(position * 256, (position + 1) * 256);
        const expected = golden.subarray((2 * layer + i) * 256, (2 * layer + i + 1) * 256);
        expect(maxDifference([actual], [expected])).toBeLessThan(1e-5);
      });
    }
  });

  it('is the same in any chunking', async () => {
    const whole = await referenceLogits(tiny);
    for (const chunks of [Array(16).fill(1), [7, 9], [1, 10, 5]]) {
      const { rows } = await referenceLogits(tiny, { chunks });
      expect(maxDifference(rows, whole.rows)).toBeLessThan(1e-10);
    }
  });
});
