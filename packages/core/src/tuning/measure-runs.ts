import { type GpuContext, GpuMemory, Recorder, type Recording } from '@tama/kernels-wgsl';
import { PassTimer } from './pass-timer.ts';

export type Constants = Readonly<Record<string, number>>;
export type Variant = { readonly constants: Constants; readonly milliseconds: number };

/** What a variant does once compiled. */
export type Run = {
  /** With the weights of one part: those of all layers in turn come from memory and not from a cache. */
  readonly record: (recorder: Recorder, part: number) => void;
  /** Where a run leaves what is compared with the default's. */
  readonly results: readonly GPUBuffer[];
};

export type Candidate = {
  readonly constants: Constants;
  readonly compiling: Promise<Run>;
  /** Of each result: the mean squared error relative to the default's. */
  readonly largestError: number;
};

export type RunOptions = {
  readonly parts: number;
  /** Sets what runs read, and clears their results: a shader that writes nothing must not look right. */
  readonly prepare: () => void;
  readonly budgetMilliseconds: number;
};

const rounds = 3;
/** Of one timing: browsers round timestamps to 0.1 ms, ten times what a large GPU takes for a product. */
const wantedMilliseconds = 3;
const mostRuns = 512;
/** A variant that first takes so many times as long as the default is timed no further. */
const hopeless = 3;

/**
 * Times candidates: the default first, then each against the others in turn, until all have had their rounds or the budget
 * is spent. Left out is what does not compile here, what computes something else than the default, and what the budget did
 * not reach.
 */
export async function measureRuns(
  gpu: GpuContext,
  candidates: readonly Candidate[],
  { parts, prepare, budgetMilliseconds }: RunOptions,
): Promise<Variant[]> {
  const { device } = gpu;
  const memory = new GpuMemory(device, 'tuning');
  const timer = new PassTimer(gpu);
  const recordings: Recording[] = [];
  const recorded = ({ record }: Run, count: number): Recording => {
    const recorder = new Recorder(device, 'tuning');
    for (let i = 0; i < count; i++) record(recorder, i % parts);
    const recording = recorder.finish();
    recordings.push(recording);
    return recording;
  };
  try {
    const settled = await Promise.allSettled(candidates.map(({ compiling }) => compiling));
    const compiled = settled.flatMap((result, i) =>
      result.status === 'fulfilled' ? [{ ...candidates[i]!, run: result.value }] : [],
    );
    const [standard, ...others] = compiled;
    if (!standard || settled[0]?.status !== 'fulfilled') return [];

    const once = recorded(standard.run, 1);
    prepare();
    const expected = await resultsOf(device, memory, once, standard.run.results);
    const single = await timer.time(once);
    const count = Math.min(mostRuns, Math.max(1, Math.ceil(wantedMilliseconds / single) || 1));
    let spent = single;
    const found = [{ constants: standard.constants, milliseconds: single, recording: recorded(standard.run, count) }];
    for (const { run, constants, largestError } of others) {
      if (spent >= budgetMilliseconds) break;
      const recording = recorded(run, 1);
      prepare();
      const results = await resultsOf(device, memory, recording, run.results);
      if (!results.every((result, i) => relativeError(result, expected[i]!) <= largestError)) continue;
      const milliseconds = await timer.time(recording);
      spent += milliseconds;
      found.push({ constants, milliseconds, recording: recorded(run, count) });
    }
    const promising = found.filter(({ milliseconds }) => milliseconds < hopeless * single + 1);
    for (let round = 0; round < rounds; round++) {
      for (const variant of promising) {
        if (spent >= budgetMilliseconds) break;
        const milliseconds = await timer.time(variant.recording);
        spent += milliseconds;
        // A first time is that of one run. Timestamps that are coarse or do not go on give none.
        const before = round === 0 ? Number.POSITIVE_INFINITY : variant.milliseconds;
        if (milliseconds > 0) variant.milliseconds = Math.min(before, milliseconds / count);
      }
    }
    return found.map(({ constants, milliseconds }) => ({ constants, milliseconds }));
  } finally {
    for (const recording of recordings) recording.dispose();
    timer.dispose();
    memory.dispose();
  }
}

export const sameConstants = (a: Constants, b: Constants): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([name, value]) => b[name] === value);

async function resultsOf(
  device: GPUDevice,
  memory: GpuMemory,
  recording: Recording,
  results: readonly GPUBuffer[],
): Promise<Float32Array[]> {
  const encoder = device.createCommandEncoder({ label: 'tuning' });
  const pass = encoder.beginComputePass();
  recording.encode(pass);
  pass.end();
  const readbacks = results.map((result) => {
    const readback = memory.readback('result', result.size);
    encoder.copyBufferToBuffer(result, 0, readback, 0, result.size);
    return readback;
  });
  device.queue.submit([encoder.finish()]);
  return Promise.all(
    readbacks.map(async (readback) => {
      await readback.mapAsync(GPUMapMode.READ);
      const values = new Float32Array(readback.getMappedRange().slice(0));
      memory.release(readback);
      return values;
    }),
  );
}

/** Sum of (a - b)^2 over the sum of b^2; NaN where anything is not finite. */
function relativeError(actual: Float32Array, expected: Float32Array): number {
  let error = 0;
  let power = 0;
  expected.forEach((value, i) => {
    error += (actual[i]! - value) ** 2;
    power += value ** 2;
  });
  return power === 0 ? error : error / power;
}
