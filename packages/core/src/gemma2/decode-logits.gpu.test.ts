import { describe, it } from 'vitest';
import { expectGoldenDecode } from '../testing/decode-golden.ts';
import { goldenModels } from '../testing/goldens.ts';
import { loadGolden } from '../testing/load.ts';

// Of every encoding: the kernels over one row, and their fused and stacked forms, after those over many.
describe.each(goldenModels.map((model) => [model.name, model] as const))('steps of one token, %s', (_, model) => {
  it('have the golden logits', async () => {
    const engine = await loadGolden(model, { prefillChunk: 32 });
    await expectGoldenDecode(engine, model);
    await engine.close();
  });
});
