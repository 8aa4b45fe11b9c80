import { requestGpu } from '@tama/kernels-wgsl';
import { nmse } from '@tama/kernels-wgsl/testing';
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { syntheticCheckpoint } from '../synth/synthetic-checkpoint.ts';
import { maxDifference } from '../testing/goldens.ts';
import { testGpu } from '../testing/load.ts';
import { forward } from './forward.ts';
import { GpuModel } from './gpu-model.ts';
import { defaultLimits, planModel } from './plan.ts';
import { publishedSizes } from './published-sizes.ts';
import { ReferenceOps, referenceLoader } from './reference-ops.ts';
import { loadWeights } from './weights.ts';

// The first two layers, a local and a global one, of each published shape: full widths, full vocabulary.
const tokens = [2, 106, 1645, 108, 255_999, 131_072];
const shape = { context: 64, prefillChunk: 4 };

/** Our f64 logits after every token. */
async function referenceLogits({ config, tensors }: Checkpoint): Promise<Float64Array[]> {
  const weights = await loadWeights({ config, tensors }, referenceLoader);
  const ops = new ReferenceOps(config);
  ops.step(tokens, 0);
  const { data, width } = forward(ops, weights, config, 'all')!;
  return tokens.map((_, row) => data.subarray(row * width, (row + 1) * width));
}

/** The GPU's, of a chunk and two decode steps, on a device that offers what every adapter does and no more. */
async function gpuLogits(checkpoint: Checkpoint, plain: boolean): Promise<Float32Array[]> {
  const gpu = await requestGpu(await testGpu(), { plain, defaultLimits: true });
  expect(gpu.device.limits).toMatchObject(defaultLimits);
  const plan = await planModel(checkpoint, { ...shape, f16: gpu.features.f16 });
  const model = await GpuModel.load(gpu, checkpoint, { ...shape, embeddingScale: 'bfloat16' });
  try {
    expect(model.weightBytes).toBe(plan.weightBytes);
    const logits: Float32Array[] = [];
    for (const [start, end] of [
      [0, 4],
      [4, 5],
      [5, 6],
    ] as const) {
      const part = tokens.slice(start, end);
      logits.push(...(await model.logits(part, start, [...part.keys()])));
    }
    return logits;
  } finally {
    model.dispose();
    gpu.device.destroy();
  }
}

describe.each(['2b', '9b', '27b'] as const)('two layers of the shape of %s at Q4_K_M', (size) => {
  const checkpoint = syntheticCheckpoint({ ...publishedSizes[size], layers: 2 }, { type: 'q4_k_m', seed: 2 });
  let reference: Promise<Float64Array[]> | undefined;

  it('have the logits of the f64 reference on the plain path', async ({ annotate }) => {
    reference ??= referenceLogits(checkpoint);
    const difference = maxDifference(await gpuLogits(checkpoint, true), await reference);
    await annotate(`largest difference ${difference.toExponential(2)}`);
    expect(difference).toBeLessThan(2e-3);
  });

  it('and, within the tolerance of f16, on the path that the adapter chooses', async ({ annotate }) => {
    reference ??= referenceLogits(checkpoint);
    const [logits, expected] = [await gpuLogits(checkpoint, false), await reference];
    const worst = Math.max(...logits.map((row, i) => nmse(row, expected[i]!)));
    await annotate(`NMSE of the worst position ${worst.toExponential(2)}`);
    expect(worst).toBeLessThan(1e-5);
  });
});
