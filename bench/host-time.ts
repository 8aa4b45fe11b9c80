import { type Checkpoint, publishedSizes, syntheticCheckpoint } from '@tama/core';
import { requestGpu } from '@tama/kernels-wgsl';
import { openDawn } from '@tama/kernels-wgsl/node';
import { GpuModel } from '../packages/core/src/gemma2/gpu-model.ts';
import { GpuEngine } from '../packages/core/src/gpu-engine.ts';

export type HostTime = {
  readonly model: string;
  readonly dispatches: number;
  /** Of the thread that generates: what stands between two steps of a GPU that takes no time. */
  readonly 'wall ms a token': number;
  /** Of all threads. */
  readonly 'CPU ms a token': number;
};

const context = 1024;
const sharedFrom = 2 ** 21;

/**
 * What the host does for a token while the GPU takes no time: Dawn's null backend, which validates every call and
 * computes nothing. Of `shape` with its real number of dispatches; weights are neither made nor kept.
 *
 * @param tokens how many are generated, four times; the fastest counts
 */
export async function measureHostTime(shape: keyof typeof publishedSizes, tokens: number): Promise<HostTime> {
  const gpu = await requestGpu(await openDawn({ nullBackend: true }));
  const errors: string[] = [];
  gpu.device.addEventListener('uncapturederror', ({ error }) => errors.push(error.message));
  shareLargeBuffers(gpu.device);
  const checkpoint = unread(syntheticCheckpoint(publishedSizes[shape], { type: 'q4_0', seed: 1 }));
  const model = await GpuModel.load(gpu, checkpoint, {
    context,
    prefillChunk: 16,
    rollback: 0,
    embeddingScale: 'bfloat16',
  });
  const { name, config } = checkpoint;
  const engine = new GpuEngine(model, undefined, {
    name,
    config,
    format: 'gguf',
    contextLength: context,
    parameters: 0,
    weightBytes: model.weightBytes,
    cacheBytes: model.cacheBytes,
    hasTokenizer: false,
    adapter: { vendor: '', architecture: '', description: 'null', ...gpu.features },
    warnings: [],
  });
  let [wall, cpu] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < 5; round++) {
    let [began, usage] = [0, process.cpuUsage()];
    for await (const event of engine.generate({ tokens: [2, 3, 4, round] }, { maxTokens: tokens + 1 })) {
      // The first token is the prefill's.
      if (event.type === 'token' && began === 0) [began, usage] = [performance.now(), process.cpuUsage()];
    }
    const { user, system } = process.cpuUsage(usage);
    if (round === 0) continue; // Not compiled yet.
    wall = Math.min(wall, (performance.now() - began) / tokens);
    cpu = Math.min(cpu, (user + system) / 1000 / tokens);
  }
  const dispatches = model.dispatches(1).length;
  await engine.close();
  gpu.device.destroy();
  if (errors.length > 0) throw new Error(errors[0]);
  return { model: name, dispatches, 'wall ms a token': wall, 'CPU ms a token': cpu };
}

/** The null backend keeps buffers in memory, 512 MiB at most: those of weights, which are only read, are one a size. */
function shareLargeBuffers(device: GPUDevice): void {
  const shared = new Map<number, GPUBuffer>();
  const create = device.createBuffer.bind(device);
  const write = device.queue.writeBuffer.bind(device.queue);
  device.createBuffer = (descriptor) => {
    if (descriptor.size < sharedFrom || /keys|values/.test(descriptor.label ?? '')) return create(descriptor);
    const known = shared.get(descriptor.size) ?? create(descriptor);
    shared.set(descriptor.size, known);
    return known;
  };
  device.queue.writeBuffer = (buffer, ...rest) => {
    if (buffer.size < sharedFrom) write(buffer, ...rest);
  };
}

/** The same tensors, all zeros. */
function unread(checkpoint: Checkpoint): Checkpoint {
  const tensors = [...checkpoint.tensors].map(([name, tensor]) => {
    const readRows = async (_: number, count: number) => new Uint8Array(count * tensor.rowBytes);
    return [name, { ...tensor, readRows }] as const;
  });
  return { ...checkpoint, tensors: new Map(tensors) };
}
