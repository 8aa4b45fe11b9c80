import { expect, it } from 'vitest';
import type { LoadOptions, LoadProgress } from './engine.ts';
import { sharedGpu } from './shared-gpu.ts';
import { goldenModels } from './testing/goldens.ts';
import { loadGolden, testGpu } from './testing/load.ts';

/** How the load is aborted at some moment of it. */
const moments: Readonly<Record<string, (abort: () => void) => LoadOptions>> = {
  'weights are read': (abort) => ({ onProgress: abortIn('weights', abort) }),
  'the tokenizer is read': (abort) => ({ onProgress: abortIn('compile', abort) }),
  'kernels are tuned': (abort) => ({
    tuningStore: {
      async read() {
        abort();
        return {};
      },
      async write() {},
    },
  }),
};

const abortIn =
  (wanted: LoadProgress['phase'], abort: () => void) =>
  ({ phase }: LoadProgress): void => {
    if (phase === wanted) abort();
  };

it.each(Object.keys(moments))(
  'a load that is aborted while %s ends with the reason, and leaves no buffer',
  async (at) => {
    const { device } = await sharedGpu(await testGpu(), true);
    const alive = new Set<GPUBuffer>();
    const create = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => {
      const buffer = create(descriptor);
      const destroy = buffer.destroy.bind(buffer);
      buffer.destroy = () => {
        alive.delete(buffer);
        destroy();
      };
      alive.add(buffer);
      return buffer;
    };
    try {
      const controller = new AbortController();
      const reason = new Error('enough');
      const options = moments[at]!(() => controller.abort(reason));
      const load = loadGolden(goldenModels[0]!, { device: 'f32', context: 64, signal: controller.signal, ...options });
      await expect(load).rejects.toBe(reason);
      expect(alive.size).toBe(0);
    } finally {
      Reflect.deleteProperty(device, 'createBuffer');
    }
  },
);
