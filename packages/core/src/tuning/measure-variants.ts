import {
  type CompileOptions,
  compileKernel,
  type GpuContext,
  GpuMemory,
  type Kernel,
  type KernelSpec,
  pitchOf,
  Recorder,
  type Recording,
} from '@tama/kernels-wgsl';
import { PassTimer } from './pass-timer.ts';

type Params = { readonly columns: number; readonly rows: number; readonly offset: number };
type Binding = 'x' | 'weights' | 'scales' | 'y';
/** A kernel that multiplies a row by a part of a matrix. */
export type VectorKernelSpec = KernelSpec<Params, Binding>;
export type VectorKernel = Kernel<Params, Binding>;

export type Constants = Readonly<Record<string, number>>;
export type Variant = { readonly constants: Constants; readonly milliseconds: number };

/** What is timed: parts of one shape. With the parts of all layers, weights come from memory and not from a cache. */
export type Workload = {
  readonly rows: number;
  readonly columns: number;
  /** Rows of x. Default 1. */
  readonly batch?: number;
  readonly parts: readonly { readonly weights: GPUBuffer; readonly scales: GPUBuffer }[];
};

const rounds = 3;
/** Of one timing: browsers round timestamps to 0.1 ms. */
const wantedMilliseconds = 3;
/** A variant that first takes so many times as long as the default is timed no further. */
const hopeless = 3;
/** Sums in another order differ by rounding, measured at about 1e-12. A wrong answer is far above. */
const largestError = 1e-9;

/** Times the candidates of a kernel on one workload, the default first, as {@link measureKernels} does. */
export async function measureVariants(
  gpu: GpuContext,
  spec: VectorKernelSpec,
  options: CompileOptions,
  workload: Workload,
  budgetMilliseconds: number,
): Promise<Variant[]> {
  const standard = await compileKernel(gpu.device, spec, options);
  const others = (spec.candidates ?? [])
    .filter((constants) => !sameConstants(constants, standard.constants))
    .map((constants) => ({
      constants,
      compiling: compileKernel(gpu.device, spec, { ...options, constants }),
      largestError,
    }));
  const first = { constants: standard.constants, compiling: Promise.resolve(standard), largestError };
  return measureKernels(gpu, [first, ...others], workload, budgetMilliseconds);
}

export type Candidate<P, B extends string> = {
  readonly constants: Constants;
  readonly compiling: Promise<Kernel<P, B>>;
  /** Of its result: the mean squared error relative to the default's. */
  readonly largestError: number;
};

/**
 * Times kernels that multiply x by a part on one workload: the default first, then each against the others in turn, until
 * all have had their rounds or the budget is spent. Left out is what does not compile here, what computes something else
 * than the default, and what the budget did not reach.
 */
export async function measureKernels<P, B extends string>(
  gpu: GpuContext,
  candidates: readonly Candidate<P, B>[],
  workload: Workload,
  budgetMilliseconds: number,
): Promise<Variant[]> {
  const { device } = gpu;
  const { rows, columns, parts, batch = 1 } = workload;
  const memory = new GpuMemory(device, 'tuning');
  const timer = new PassTimer(gpu);
  const recordings: Recording[] = [];
  try {
    const step = memory.storage('step', 16);
    const x = memory.storage('x', 4 * batch * pitchOf(columns));
    const y = memory.storage('y', 4 * batch * pitchOf(rows));
    device.queue.writeBuffer(step, 0, Uint32Array.of(0, batch, 0, 0));
    for (let row = 0; row < batch; row++) {
      const values = Float32Array.from({ length: columns }, (_, i) => Math.sin(row * columns + i + 1));
      device.queue.writeBuffer(x, 4 * row * pitchOf(columns), values);
    }
    const params = { batch, columns, rows, offset: 0, pitch: pitchOf(rows) };
    const record = (kernel: Kernel<never, string>, count: number): Recording => {
      const recorder = new Recorder(device, 'tuning');
      for (let i = 0; i < count; i++) {
        const { weights, scales } = parts[i % parts.length]!;
        recorder.dispatch(kernel, { step, x, weights, scales, y }, params as never);
      }
      const recording = recorder.finish();
      recordings.push(recording);
      return recording;
    };

    const results = await Promise.allSettled(candidates.map(({ compiling }) => compiling));
    const compiled = results.flatMap((result, i) =>
      result.status === 'fulfilled'
        ? [{ ...candidates[i]!, kernel: result.value as unknown as Kernel<never, string> }]
        : [],
    );
    const [standard, ...others] = compiled;
    if (!standard || results[0]?.status !== 'fulfilled') return [];

    const once = record(standard.kernel, 1);
    const expected = await resultOf(device, memory, once, y);
    const single = await timer.time(once);
    const count = Math.min(64, Math.max(1, Math.ceil(wantedMilliseconds / single) || 1));
    let spent = single;
    const found = [{ constants: standard.constants, milliseconds: single, recording: record(standard.kernel, count) }];
    for (const { kernel, constants, largestError } of others) {
      if (spent >= budgetMilliseconds) break;
      const recording = record(kernel, 1);
      device.queue.writeBuffer(y, 0, new Float32Array(y.size / 4)); // A shader that writes nothing must not look right.
      if (!(relativeError(await resultOf(device, memory, recording, y), expected) <= largestError)) continue;
      const milliseconds = await timer.time(recording);
      spent += milliseconds;
      found.push({ constants, milliseconds, recording: record(kernel, count) });
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

async function resultOf(
  device: GPUDevice,
  memory: GpuMemory,
  recording: Recording,
  y: GPUBuffer,
): Promise<Float32Array> {
  const readback = memory.readback('y', y.size);
  const encoder = device.createCommandEncoder({ label: 'tuning' });
  const pass = encoder.beginComputePass();
  recording.encode(pass);
  pass.end();
  encoder.copyBufferToBuffer(y, 0, readback, 0, y.size);
  device.queue.submit([encoder.finish()]);
  await readback.mapAsync(GPUMapMode.READ);
  const result = new Float32Array(readback.getMappedRange().slice(0));
  memory.release(readback);
  return result;
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
