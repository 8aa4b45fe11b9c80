import { expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import { sharedGpu } from '../shared-gpu.ts';
import { expectGoldenDecode } from '../testing/decode-golden.ts';
import { goldenModels } from '../testing/goldens.ts';
import { testGpu } from '../testing/load.ts';
import { GpuModel } from './gpu-model.ts';
import { partsOf } from './gpu-weights.ts';
import { planWeights } from './planned-weights.ts';

/** The same object, but for one property. Methods keep their receiver. */
const changed = <T extends object>(real: T, changedKey: keyof T, changedValue: unknown): T =>
  new Proxy(real, {
    get(target, key) {
      const value = key === changedKey ? changedValue : Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

/** A device with bindings so small that a small model's matrices need several, as a large one's do elsewhere. */
const withBindings = (device: GPUDevice, bytes: number): GPUDevice =>
  changed(device, 'limits', changed(device.limits, 'maxStorageBufferBindingSize', bytes));

// Parts of the embedding, and of the first layer's q k v, o, gate with up, and down.
it.each([
  // One encoding for all; chunks of as many rows as have a kernel of their own.
  { name: 'small/gguf/small-q8_0.gguf', kib: 72, plain: true, prefillChunk: 8, parts: [5, 2, 1, 4, 2] },
  // v and down in other encodings than their neighbours.
  { name: 'small/gguf/small-q4_k_m.gguf', kib: 66, plain: false, prefillChunk: 16, parts: [4, 2, 1, 3, 2] },
])('$name in parts of at most $kib KiB has the golden logits', async ({ name, kib, plain, prefillChunk, parts }) => {
  const golden = goldenModels.find((model) => model.name === name)!;
  const gpu = await sharedGpu(await testGpu(), plain);
  const device = withBindings(gpu.device, kib * 1024);
  const checkpoint = await openCheckpoint(await golden.open());
  const { embedding, layers } = await planWeights(checkpoint, device.limits);
  const { queryKeyValue, output, gateUp, down } = layers[0]!;
  expect([embedding, queryKeyValue, output, gateUp, down].map((matrix) => partsOf(matrix).length)).toEqual(parts);

  const options = { context: golden.tokens.length, prefillChunk, embeddingScale: 'exact', rollback: 0 } as const;
  const model = await GpuModel.load({ ...gpu, device }, checkpoint, options);
  await expectGoldenDecode({ model, info: { adapter: gpu.features } }, golden);
  model.dispose();
  await checkpoint.close();
});
