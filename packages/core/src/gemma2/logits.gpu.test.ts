import { nmse } from '@tama/kernels-wgsl/testing';
import { describe, expect, it } from 'vitest';
import { type GoldenModel, goldenModels, maxDifference } from '../testing/goldens.ts';
import { loadGolden } from '../testing/load.ts';

const named = (name: string): GoldenModel => goldenModels.find((model) => model.name === name)!;

/** f32 arithmetic costs 3e-5 on these models; the cheapest mistake costs 0.02. */
const f32Tolerance = 2e-3;
/** Keys and values in f16: measured against the logits' own power. */
const f16Tolerance = 1e-5;

describe.each(goldenModels.map((model) => [model.name, model] as const))('logits of %s', (_, model) => {
  it('equal the f64 golden on the plain path', async () => {
    const engine = await loadGolden(model, { device: 'f32', prefillChunk: 32 });
    expect(engine.info.adapter).toMatchObject({ f16: false, subgroups: false });
    const logits = await engine.logits(model.tokens, model.positions);
    await engine.close();
    expect(maxDifference(logits, await model.logits())).toBeLessThan(f32Tolerance);
  });

  it('are within the tolerance of the path that the adapter chooses', async () => {
    const engine = await loadGolden(model, { device: 'auto', prefillChunk: 32 });
    const logits = await engine.logits(model.tokens, model.positions);
    await engine.close();
    const golden = await model.logits();
    if (!engine.info.adapter.f16) expect(maxDifference(logits, golden)).toBeLessThan(f32Tolerance);
    const flat = (rows: readonly ArrayLike<number>[]) => rows.flatMap((row) => Array.from(row));
    expect(nmse(flat(logits), flat(golden))).toBeLessThan(f16Tolerance);
  });
});

describe('prefill', () => {
  it.each(['tiny/hf', 'small/hf'])('in any chunking equals token-by-token decoding: %s', async (name) => {
    const model = named(name);
    const run = async (prefillChunk: number) => {
      const engine = await loadGolden(model, { device: 'f32', prefillChunk, context: model.tokens.length });
      const logits = await engine.logits(model.tokens, model.positions);
      await engine.close();
      return logits;
    };
    const single = await run(1);
    expect(maxDifference(single, await model.logits())).toBeLessThan(f32Tolerance);
    for (const chunk of [2, 7, 31, 512]) expect(maxDifference(await run(chunk), single)).toBeLessThan(1e-3);
  });
});
