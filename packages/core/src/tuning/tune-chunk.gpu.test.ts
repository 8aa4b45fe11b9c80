import { nmse } from '@tama/kernels-wgsl/testing';
import { afterEach, expect, it, vi } from 'vitest';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import { GpuModel } from '../gemma2/gpu-model.ts';
import { sharedGpu } from '../shared-gpu.ts';
import { drawTimes } from '../testing/drawn-times.ts';
import { type GoldenModel, goldenModels } from '../testing/goldens.ts';
import { testGpu } from '../testing/load.ts';
import type { TuningOptions } from './decide.ts';
import type { TuningStore } from './tuning-store.ts';

const gpu = await sharedGpu(await testGpu(), true);
const model = goldenModels.find(({ name }) => name === 'tiny/gguf/tiny-q4_0.gguf') as GoldenModel;
const golden = (await model.logits()).flatMap((row) => Array.from(row));

afterEach(() => vi.restoreAllMocks());

/** Loads the model with chunks of 8, 16 or 32 rows, checks its logits, and tells what it loaded. */
async function chunkOf(tuning: TuningOptions) {
  const checkpoint = await openCheckpoint(await model.open());
  const sizes = { prefillChunk: 32, chunkSizes: [8, 16, 32] };
  const loaded = await GpuModel.load(gpu, checkpoint, { context: 64, ...sizes, embeddingScale: 'exact', tuning });
  const values: number[] = [];
  for (let start = 0; start < model.tokens.length; start += loaded.prefillChunk) {
    const tokens = model.tokens.slice(start, start + loaded.prefillChunk);
    const rows = model.positions.filter((at) => at >= start && at < start + tokens.length).map((at) => at - start);
    for (const row of await loaded.logits(tokens, start, rows)) values.push(...row);
  }
  expect(nmse(values, golden)).toBeLessThan(1e-9);
  loaded.dispose();
  await checkpoint.close();
  return { rows: loaded.prefillChunk, tuned: loaded.tuned.find(({ kernel }) => kernel === 'prefill chunk') };
}

function storeOf(content: unknown): TuningStore & { content: unknown } {
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

it('measures chunks of every size, keeps the choice, and prefills by it', async () => {
  drawTimes();
  const store = storeOf({});
  const { rows, tuned } = await chunkOf({ mode: 'now', store });
  const measured = tuned?.variants.map(({ constants }) => constants.ROWS) ?? [];
  expect(measured).toEqual([8, 16, 32]);
  expect(tuned?.variants.every(({ milliseconds }) => milliseconds > 0)).toBe(true);
  expect(tuned?.constants).toEqual({ ROWS: rows });

  const [[key, kept]] = Object.entries(store.content as object).filter(([name]) =>
    name.startsWith('prefill chunk'),
  ) as [[string, unknown]];
  expect(kept).toEqual({ ROWS: rows });
  for (const ROWS of [8, 16, 32]) {
    const again = await chunkOf({ mode: 'auto', store: storeOf({ [key]: { ROWS } }) });
    expect(again).toEqual({ rows: ROWS, tuned: { kernel: 'prefill chunk', constants: { ROWS }, variants: [] } });
  }
  expect((await chunkOf({ mode: 'auto', store: storeOf({ [key]: { ROWS: 24 } }) })).rows).toBe(8);
  expect(await chunkOf({ mode: 'off', store })).toEqual({ rows: 8, tuned: undefined });
});
