import { nmse } from '@tama/kernels-wgsl/testing';
import { expect, it } from 'vitest';
import { sharedGpu } from '../shared-gpu.ts';
import { type GoldenModel, goldenModels } from '../testing/goldens.ts';
import { loadGolden, testGpu } from '../testing/load.ts';
import type { TuningStore } from './tuning-store.ts';

const { features } = await sharedGpu(await testGpu(), false);

function memoryStore(content: unknown = {}): TuningStore & { content: unknown } {
  return {
    content,
    async read() {
      return this.content;
    },
    async write(value) {
      this.content = value;
    },
  };
}

const model = goldenModels.find(({ name }) => name === 'tiny/gguf/tiny-q4_0.gguf') as GoldenModel;

it('prefills by the kernel that was chosen, and to the golden by either', async () => {
  const golden = (await model.logits()).flatMap((row) => Array.from(row));
  const products = async (store: TuningStore, tuning: 'now' | 'auto') => {
    const engine = await loadGolden(model, { prefillChunk: 32, tuning, tuningStore: store });
    const logits = await engine.logits(model.tokens, model.positions);
    await engine.close();
    const values = logits.flatMap((row) => Array.from(row));
    expect(nmse(values, golden)).toBeLessThan(1e-5);
    return { values, tuned: engine.info.tuned!.filter(({ kernel }) => kernel === 'matmul') };
  };
  const store = memoryStore();
  const measured = await products(store, 'now');
  // Both were measured wherever there are two, which means that they agreed.
  expect(measured.tuned.length > 0).toBe(features.subgroupMatrix !== undefined);
  for (const { variants } of measured.tuned) {
    expect(variants.map(({ constants }) => constants)).toEqual([{ SUBGROUP_MATRIX: 0 }, { SUBGROUP_MATRIX: 1 }]);
  }

  const chosen = (SUBGROUP_MATRIX: number) => {
    const entries = Object.entries(store.content as object).filter(([key]) => key.startsWith('matmul '));
    return products(memoryStore(Object.fromEntries(entries.map(([key]) => [key, { SUBGROUP_MATRIX }]))), 'auto');
  };
  const [plain, bySubgroups] = [await chosen(0), await chosen(1)];
  for (const [value, { tuned }] of [plain, bySubgroups].entries()) {
    expect(tuned.map(({ constants }) => constants)).toEqual(measured.tuned.map(() => ({ SUBGROUP_MATRIX: value })));
  }
  expect(nmse(bySubgroups.values, plain.values) > 0).toBe(features.subgroupMatrix?.componentType === 'f16');
});
