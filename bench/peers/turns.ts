import type { Recording } from '@tama/kernels-wgsl';
import * as ort from 'onnxruntime-node';
import type { Row } from '../report.ts';

type Times = { wall: number; cpu: number };

/** Recordings, or sessions of ONNX Runtime, of the same work once and five times. */
type OnceAndFive<T> = readonly [T, T];

/** Adds a run's times to the least so far. CPU time is what counts on a software adapter that others share. */
async function time(least: Times, run: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  const usage = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(usage);
  least.wall = Math.min(least.wall, performance.now() - start);
  least.cpu = Math.min(least.cpu, (user + system) / 1000);
}

export async function submit(device: GPUDevice, recording: Recording): Promise<void> {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  recording.encode(pass);
  pass.end();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
}

/** Optimised, five equal nodes would become one. */
export const openSession = (model: Buffer): Promise<ort.InferenceSession> =>
  ort.InferenceSession.create(model, {
    executionProviders: ['webgpu'],
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
  });

/**
 * Ours and theirs in turns. Both do the work five times and once: the difference is four times the work without what a
 * submit, a run, an upload or a download cost.
 */
export async function measureInTurns(
  device: GPUDevice,
  ours: OnceAndFive<Recording>,
  theirs: OnceAndFive<ort.InferenceSession>,
  feeds: Readonly<Record<string, ort.Tensor>>,
  rounds: number,
): Promise<Row> {
  const fresh = (): Times => ({ wall: Number.POSITIVE_INFINITY, cpu: Number.POSITIVE_INFINITY });
  const times = { ours: [fresh(), fresh()], theirs: [fresh(), fresh()] };
  for (let round = 0; round < rounds; round++) {
    for (const i of [0, 1] as const) {
      await time(times.ours[i]!, () => submit(device, ours[i]));
      await time(times.theirs[i]!, () => theirs[i].run(feeds));
    }
  }
  for (const session of theirs) await session.release();
  for (const recording of ours) recording.dispose();
  const one = ([single, five]: Times[], key: keyof Times) => (five![key] - single![key]) / 4;
  return {
    'our ms': one(times.ours, 'wall'),
    'their ms': one(times.theirs, 'wall'),
    'our CPU ms': one(times.ours, 'cpu'),
    'their CPU ms': one(times.theirs, 'cpu'),
    'times as fast': one(times.theirs, 'wall') / one(times.ours, 'wall'),
    'by CPU': one(times.theirs, 'cpu') / one(times.ours, 'cpu'),
  };
}
