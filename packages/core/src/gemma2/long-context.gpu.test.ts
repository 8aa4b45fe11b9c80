import { requestGpu } from '@tama/kernels-wgsl';
import { nmse } from '@tama/kernels-wgsl/testing';
import { beforeAll, expect, it } from 'vitest';
import { syntheticCheckpoint } from '../synth/synthetic-checkpoint.ts';
import { maxDifference } from '../testing/goldens.ts';
import { testGpu } from '../testing/load.ts';
import { seededRandom } from '../testing/random.ts';
import { forward } from './forward.ts';
import { GpuModel } from './gpu-model.ts';
import { configOf } from './published-sizes.ts';
import { ReferenceOps, referenceLoader } from './reference-ops.ts';
import { loadWeights } from './weights.ts';

// Gemma 2's whole context on a model small enough for f64: rings that turn 80 times, rotations at large angles, softmax
// over 8192 keys in a global layer between two local ones. Measured: 1e-5 at most in f32, NMSE 5e-13.
const config = configOf(
  { layers: 3, hiddenSize: 64, heads: 2, kvHeads: 1, headDim: 32, intermediateSize: 64 },
  { vocabularySize: 256, slidingWindow: 100 },
);
const checkpoint = syntheticCheckpoint(config, { type: 'f32', seed: 9 });
const context = 8192;
const random = seededRandom(3);
const tokens = Array.from({ length: context }, () => Math.floor(random() * config.vocabularySize));
/** Decoded one by one, after the others were prefilled. */
const decoded = 6;
const positions = Array.from({ length: decoded }, (_, i) => context - decoded + i);

let expected: Float64Array[];
beforeAll(async () => {
  const weights = await loadWeights(checkpoint, referenceLoader);
  const ops = new ReferenceOps(config);
  const chunk = 512;
  const rows: Float64Array[] = [];
  for (let start = 0; start < context; start += chunk) {
    ops.step(tokens.slice(start, start + chunk), start);
    const { data, width } = forward(ops, weights, config, 'all')!;
    for (let row = 0; row < chunk; row++) rows.push(data.slice(row * width, (row + 1) * width));
  }
  expected = positions.map((position) => rows[position]!);
}, 300_000);

// SwiftShader's paths differ in subgroups alone, and take half a minute each.
const paths = [
  ['the plain path', true],
  ['the path that the adapter chooses', false],
] as const;
it.each(process.env.TAMA_TEST_ADAPTER === 'swiftshader' ? paths.slice(1) : paths)(
  'the last of 8192 tokens have the logits of the f64 reference on %s',
  { timeout: 600_000 },
  async (_, plain) => {
    const gpu = await requestGpu(await testGpu(), { plain });
    const options = { context, prefillChunk: 512, rollback: 0, embeddingScale: 'bfloat16' } as const;
    const model = await GpuModel.load(gpu, checkpoint, options);
    const first = context - decoded;
    for (let start = 0; start < first; start += model.prefillChunk) {
      await model.prefill(tokens.slice(start, Math.min(start + model.prefillChunk, first)), start);
    }
    const logits: Float32Array[] = [];
    for (const position of positions) {
      logits.push(...(await model.logits([tokens[position]!], position, [0])));
    }
    const prefilled = await model.logits(
      tokens.slice(first),
      first,
      positions.map((position) => position - first),
    );
    model.dispose();
    gpu.device.destroy();
    for (const actual of [logits, prefilled]) {
      if (!gpu.features.f16) expect(maxDifference(actual, expected)).toBeLessThan(2e-3);
      const flat = (rows: readonly ArrayLike<number>[]) => rows.flatMap((row) => Array.from(row));
      expect(nmse(flat(actual), flat(expected))).toBeLessThan(1e-5);
    }
  },
);
