import { expect, it } from 'vitest';
import type { LoadProgress } from './engine.ts';
import { sharedGpu } from './shared-gpu.ts';
import { goldenModels } from './testing/goldens.ts';
import { loadGolden, testGpu } from './testing/load.ts';

it('reads weights while every pipeline that a greedy reply needs is being compiled', async () => {
  const { device } = await sharedGpu(await testGpu(), true);
  let read = () => {};
  const allRead = new Promise<void>((resolve) => {
    read = resolve;
  });
  let asked = 0;
  const compile = device.createComputePipelineAsync.bind(device);
  // None is ready before the last weight was read: a load that waits for one of them never ends.
  device.createComputePipelineAsync = async (descriptor) => {
    asked++;
    await allRead;
    return compile(descriptor);
  };
  const seen: (readonly [LoadProgress['phase'], number])[] = [];
  try {
    const onProgress = ({ phase, loadedBytes, totalBytes }: LoadProgress) => {
      seen.push([phase, asked]);
      if (phase === 'weights' && loadedBytes === totalBytes) read();
    };
    const engine = await loadGolden(goldenModels[0]!, { device: 'f32', context: 64, onProgress });
    const before = asked;
    for await (const _ of engine.generate({ tokens: [2, 3, 4] }, { maxTokens: 3 }));
    expect(asked).toBe(before);
    const [, askedBeforeWeights] = seen.filter(([phase]) => phase === 'weights')[1]!;
    expect(before).toBeGreaterThan(10);
    expect(askedBeforeWeights).toBe(before);
    await engine.close();
  } finally {
    Reflect.deleteProperty(device, 'createComputePipelineAsync');
  }
});
