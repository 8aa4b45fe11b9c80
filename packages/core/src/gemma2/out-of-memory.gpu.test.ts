import { type GpuContext, requestGpu } from '@tama/kernels-wgsl';
import { scarceMemory } from '@tama/kernels-wgsl/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import { goldenModels } from '../testing/goldens.ts';
import { testGpu } from '../testing/load.ts';
import { GpuModel } from './gpu-model.ts';

const options = { context: 64, prefillChunk: 16, embeddingScale: 'exact' } as const;
const greedy = { choice: 'greedy', logprobs: undefined } as const;
const open = async (name: string) => openCheckpoint(await goldenModels.find((model) => model.name === name)!.open());

let context: GpuContext;
let scarce: Checkpoint;
let other: Checkpoint;
/** Part of the label of a buffer for which there is no memory. */
let missing = '';
let device: GPUDevice;
let alive: ReadonlySet<GPUBuffer>;

beforeAll(async () => {
  context = await requestGpu(await testGpu());
  ({ device, alive } = scarceMemory(context.device, ({ label }) => label!.includes(missing)));
  scarce = await open('tiny/gguf/tiny-q8_0.gguf');
  other = await open('tiny/gguf/tiny-q4_0.gguf');
});
afterAll(async () => {
  await Promise.all([scarce.close(), other.close()]);
  context.device.destroy();
});

it.each([
  'layer 3 keys',
  'embedding [',
  'layer 1 gate up',
  'model.norm.weight',
  'rotations',
  'candidates',
  'gated [, ',
])('a model that finds no memory for "%s" says so and leaves nothing, while another one loads', async (part) => {
  missing = `${scarce.name}: ${part}`;
  const gpu = { ...context, device };
  const [failed, loaded] = await Promise.allSettled([
    GpuModel.load(gpu, scarce, options),
    GpuModel.load(gpu, other, options),
  ]);
  expect(failed).toMatchObject({ status: 'rejected', reason: { code: 'gpu-out-of-memory' } });
  if (loaded.status === 'rejected') throw loaded.reason;
  expect([...alive].filter(({ label }) => label.startsWith(scarce.name))).toEqual([]);
  expect(alive.size).toBeGreaterThan(30);
  loaded.value.dispose();
  expect(alive.size).toBe(0);
});

it.each([
  ['guessed tokens', async (model: GpuModel) => (await model.verify(greedy, [2, 10, 20], 4, 1)).map(({ id }) => id)],
  ['logits of many positions', async (model: GpuModel) => (await model.logits([2, 10, 20], 4, [0, 1, 2])).map(String)],
] as const)('%s that find no memory say so, and are right when there is some again', async (_, compute) => {
  missing = 'none of these';
  const model = await GpuModel.load({ ...context, device }, scarce, options);
  const plenty = await GpuModel.load({ ...context, device }, scarce, options);
  const tokens = [2, 5, 7, 9];
  await Promise.all([model.prefill(tokens, 0), plenty.prefill(tokens, 0)]);
  const { bytes } = model;
  missing = 'matmul [, ';
  expect(await compute(model).catch((error: unknown) => error)).toMatchObject({ code: 'gpu-out-of-memory' });
  expect(model.bytes).toBe(bytes);
  missing = 'none of these';
  expect(await compute(model)).toEqual(await compute(plenty));
  model.dispose();
  plenty.dispose();
  expect(alive.size).toBe(0);
});
