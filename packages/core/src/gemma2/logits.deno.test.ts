import { runInDeno } from '@tama/kernels-wgsl/testing';
import { describe, expect, it } from 'vitest';
import { goldenModels } from '../testing/goldens.ts';

type Line = { name: string; device: string; f16: boolean; difference: number; nmse: number };

describe('logits of every golden model in Deno', async () => {
  const lines = await runInDeno<Line>(new URL('../testing/compare-with-goldens.ts', import.meta.url));

  // The tolerances are those of logits.gpu.test.ts.
  it.each(goldenModels.map(({ name }) => name))('%s', (name) => {
    const [plain, chosen, ...others] = lines.filter((line) => line.name === name);
    expect(others).toEqual([]);
    expect(plain).toMatchObject({ device: 'f32', f16: false });
    expect(plain!.difference).toBeLessThan(2e-3);
    expect(chosen).toMatchObject({ device: 'auto', f16: true });
    expect(chosen!.nmse).toBeLessThan(1e-5);
  });
});
