import { nmse } from '@tama/kernels-wgsl/testing';
import { expect } from 'vitest';
import type { AdapterSummary } from '../engine.ts';
import type { GpuModel } from '../gemma2/gpu-model.ts';
import { type GoldenModel, maxDifference } from './goldens.ts';

/** Tokens that are decoded one by one at the end, where every golden has its positions. */
const decoded = 8;

/** A loaded model, such as a `GpuEngine` has. */
type Loaded = { readonly model: GpuModel; readonly info: { readonly adapter: Pick<AdapterSummary, 'f16'> } };

/** Prefills the golden's prompt but for its last tokens, decodes those one by one, and holds their logits to its own. */
export async function expectGoldenDecode(loaded: Loaded, golden: GoldenModel): Promise<void> {
  const { tokens, positions } = golden;
  const { model, info } = loaded;
  const first = tokens.length - decoded;
  for (let start = 0; start < first; start += model.prefillChunk) {
    await model.prefill(tokens.slice(start, Math.min(start + model.prefillChunk, first)), start);
  }
  const all = await golden.logits();
  const actual: Float32Array[] = [];
  const expected: ArrayLike<number>[] = [];
  for (let position = first; position < tokens.length; position++) {
    const [row] = await model.logits(tokens.slice(position, position + 1), position, [0]);
    const known = all[positions.indexOf(position)];
    if (!known) continue;
    actual.push(row!);
    expected.push(known);
  }
  expect(actual.length).toBeGreaterThan(0);
  if (!info.adapter.f16) expect(maxDifference(actual, expected)).toBeLessThan(2e-3);
  const flat = (rows: readonly ArrayLike<number>[]) => rows.flatMap((row) => Array.from(row));
  expect(nmse(flat(actual), flat(expected))).toBeLessThan(1e-5);
}
