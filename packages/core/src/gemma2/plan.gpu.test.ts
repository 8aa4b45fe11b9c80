import { requestGpu } from '@tama/kernels-wgsl';
import { expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import { goldenModels } from '../testing/goldens.ts';
import { testGpu } from '../testing/load.ts';
import { GpuModel } from './gpu-model.ts';
import { planModel } from './plan.ts';

const greedy = { choice: 'greedy', logprobs: undefined } as const;
const shape = { context: 64, prefillChunk: 16 };

// Encodings that differ within a layer, and one for all.
it.each(['small/gguf/small-q4_k_m.gguf', 'tiny/gguf/tiny-q8_0.gguf'])(
  'the plan of %s is what is loaded',
  async (name) => {
    const gpu = await requestGpu(await testGpu());
    const checkpoint = await openCheckpoint(await goldenModels.find((model) => model.name === name)!.open());
    const planned = (speculation: boolean) =>
      planModel(checkpoint, { ...shape, f16: gpu.features.f16, limits: gpu.device.limits, speculation });
    const model = await GpuModel.load(gpu, checkpoint, { ...shape, embeddingScale: 'exact' });
    const plan = await planned(false);
    expect(model.bytes).toBe(plan.totalBytes);
    expect(model.dispatches(1)).toHaveLength(plan.decodeDispatches);
    expect(model.dispatches(1).filter((label) => label.startsWith('stacked-matvec')).length > 0).toBe(
      name.includes('k_m'),
    );

    await model.decode(greedy, 0, 1); // makes what is read back, which is no graphics memory
    const before = model.bytes;
    for (const count of [3, 5]) await model.verify(greedy, [2, 10, 20, 30, 40].slice(0, count), 0, 0);
    expect(model.bytes - before).toBe((await planned(true)).totalBytes - plan.totalBytes);
    model.dispose();
    await checkpoint.close();
    gpu.device.destroy();
  },
);
