import { nmse } from '@tama/kernels-wgsl/testing';
import { describe, expect, it } from 'vitest';
import { goldenModels, maxDifference } from '../testing/goldens.ts';
import { loadGolden } from '../testing/load.ts';

/** Tokens that are decoded one by one at the end, where every golden has its positions. */
const decoded = 8;

// Of every encoding: the kernels over one row, and their fused and stacked forms, after those over many.
describe.each(goldenModels.map((model) => [model.name, model] as const))('steps of one token, %s', (_, model) => {
  it('have the golden logits', async () => {
    const { tokens, positions } = model;
    const engine = await loadGolden(model, { prefillChunk: 32 });
    const first = tokens.length - decoded;
    for (let start = 0; start < first; start += 32) {
      await engine.model.prefill(tokens.slice(start, Math.min(start + 32, first)), start);
    }
    const rows: Float32Array[] = [];
    for (let position = first; position < tokens.length; position++) {
      rows.push(...(await engine.model.logits(tokens.slice(position, position + 1), position, [0])));
    }
    const { f16 } = engine.info.adapter;
    await engine.close();

    const all = await model.logits();
    const known = rows.flatMap((row, i) => {
      const golden = all[positions.indexOf(first + i)];
      return golden ? [{ row, golden }] : [];
    });
    expect(known.length).toBeGreaterThan(0);
    const [actual, expected] = [known.map(({ row }) => row), known.map(({ golden }) => golden)];
    if (!f16) expect(maxDifference(actual, expected)).toBeLessThan(2e-3);
    const flat = (values: readonly ArrayLike<number>[]) => values.flatMap((row) => Array.from(row));
    expect(nmse(flat(actual), flat(expected))).toBeLessThan(1e-5);
  });
});
