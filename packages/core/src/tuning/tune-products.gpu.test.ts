import { nmse } from '@tama/kernels-wgsl/testing';
import { afterEach, expect, it, vi } from 'vitest';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import { GpuModel } from '../gemma2/gpu-model.ts';
import { sharedGpu } from '../shared-gpu.ts';
import { drawTimes } from '../testing/drawn-times.ts';
import { type GoldenModel, goldenModels } from '../testing/goldens.ts';
import { testGpu } from '../testing/load.ts';
import type { TuningStore } from './tuning-store.ts';

const gpu = await sharedGpu(await testGpu(), false);
const { subgroups, subgroupMatrix } = gpu.features;
const model = goldenModels.find(({ name }) => name === 'tiny/gguf/tiny-q4_0.gguf') as GoldenModel;
const golden = (await model.logits()).flatMap((row) => Array.from(row));

afterEach(() => vi.restoreAllMocks());

/** What is kept, and the label of the kernel that it puts in matmul's place. The default first. */
const alternatives = [
  ...(subgroups ? [{ constants: { SUBGROUPS: 1 }, label: 'matmul subgroups q4_0' }] : []),
  { constants: { SUBGROUPS: 0 }, label: 'matmul q4_0' },
  { constants: { TILED: 1 }, label: 'matmul-tiled q4_0' },
  ...(subgroupMatrix ? [{ constants: { SUBGROUP_MATRIX: 1 }, label: 'matmul-subgroup-matrix q4_0' }] : []),
];

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

/** Loads the model, checks its logits, and tells how it prefills. */
async function products(store: TuningStore, mode: 'now' | 'auto') {
  const checkpoint = await openCheckpoint(await model.open());
  const options = { context: 64, prefillChunk: 32, embeddingScale: 'exact', tuning: { mode, store } } as const;
  const loaded = await GpuModel.load(gpu, checkpoint, options);
  const rows = await loaded.logits(model.tokens, 0, model.positions);
  const labels = loaded.dispatches(32).filter((label) => label.startsWith('matmul'));
  loaded.dispose();
  await checkpoint.close();
  const logits = rows.flatMap((row) => Array.from(row));
  expect(nmse(logits, golden)).toBeLessThan(1e-5);
  return { logits, labels, tuned: loaded.tuned.filter(({ kernel }) => kernel === 'matmul') };
}

it('prefills by the kernel that was chosen, and to the golden by each', async () => {
  drawTimes();
  const store = memoryStore();
  const { tuned } = await products(store, 'now');
  expect(tuned).toHaveLength(1);
  // Those that were measured agreed with the default.
  const measured = tuned[0]!.variants.map(({ constants }) => constants);
  expect(measured).toEqual(alternatives.map(({ constants }) => constants));

  const [key] = Object.keys(store.content as object).filter((name) => name.startsWith('matmul ')) as [string];
  const results = [];
  for (const { constants, label } of alternatives) {
    const kept = await products(memoryStore({ [key]: constants }), 'auto');
    expect(kept.tuned.map((one) => one.constants)).toEqual([constants]);
    expect(kept.labels.length).toBeGreaterThan(0);
    expect(new Set(kept.labels)).toContain(label);
    results.push(kept.logits);
  }
  // All but halves add the same numbers in the same order.
  const [first, ...others] = results.slice(0, subgroupMatrix?.componentType === 'f16' ? -1 : undefined);
  for (const other of others) expect(other).toEqual(first);
});
