import { compileKernel, softcap } from '@tama/kernels-wgsl';
import { readBuffer, testGpu } from '@tama/kernels-wgsl/testing';
import { expect, it, vi } from 'vitest';
import { PassTimer } from '../packages/core/src/tuning/pass-timer.ts';
import { GpuTimer } from './gpu-timer.ts';

const gpu = await testGpu();
const { device } = gpu;

it('runs a short dispatch many times a round, with buffers in turn', async () => {
  const kernel = await compileKernel(device, softcap, { features: gpu.features });
  const lengths: number[] = [];
  vi.spyOn(PassTimer.prototype, 'time').mockImplementation(async ({ labels }) => {
    lengths.push(labels.length);
    return labels.length / 2;
  });
  const sets = [0, 1].map(() => ({ x: device.createBuffer({ size: 128, usage: GPUBufferUsage.STORAGE }) }));
  const used: number[] = [];
  const buffersOf = (i: number) => {
    used.push(i);
    return sets[i % 2]!;
  };
  const params = { rows: 1, width: 32, pitch: 32, cap: 30 };
  expect(await new GpuTimer(gpu).least(kernel, buffersOf, params, 2)).toBe(0.5);
  expect(lengths).toEqual([1, 1, 6, 6]);
  expect(used).toEqual(Array.from({ length: 14 }, (_, i) => i));
});

it('has timestamps as they are, not in the steps that browsers round them to', async () => {
  const querySet = device.createQuerySet({ type: 'timestamp', count: 8 });
  const encoder = device.createCommandEncoder();
  for (let i = 0; i < 8; i += 2) {
    const timestampWrites = { querySet, beginningOfPassWriteIndex: i, endOfPassWriteIndex: i + 1 };
    encoder.beginComputePass({ timestampWrites }).end();
  }
  const times = device.createBuffer({ size: 64, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
  encoder.resolveQuerySet(querySet, 0, 8, times, 0);
  device.queue.submit([encoder.finish()]);
  const nanoseconds = [...new BigUint64Array(await readBuffer(device, times))];
  expect(nanoseconds.some((time) => time % 65_536n !== 0n)).toBe(true);
});
