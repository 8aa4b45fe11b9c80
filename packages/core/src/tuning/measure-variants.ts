import {
  type CompileOptions,
  compileKernel,
  type GpuContext,
  GpuMemory,
  type Kernel,
  type KernelSpec,
  pitchOf,
} from '@tama/kernels-wgsl';
import { type Candidate, measureRuns, sameConstants, type Variant } from './measure-runs.ts';

type Params = { readonly columns: number; readonly rows: number; readonly offset: number };
type Binding = 'x' | 'weights' | 'scales' | 'y';
/** A kernel that multiplies a row by a part of a matrix. */
export type VectorKernelSpec = KernelSpec<Params, Binding>;

/** What is timed: parts of one shape. */
export type Workload = {
  readonly rows: number;
  readonly columns: number;
  /** Rows of x. Default 1. */
  readonly batch?: number;
  readonly parts: readonly { readonly weights: GPUBuffer; readonly scales: GPUBuffer }[];
};

/** Sums in another order differ by rounding, measured at about 1e-12. A wrong answer is far above. */
export const largestRounding = 1e-9;

/** Times the candidates of a kernel on one workload, the default first, as {@link measureRuns} does. */
export async function measureVariants(
  gpu: GpuContext,
  spec: VectorKernelSpec,
  options: CompileOptions,
  workload: Workload,
  budgetMilliseconds: number,
): Promise<Variant[]> {
  const largestError = largestRounding;
  const standard = await compileKernel(gpu.device, spec, options);
  const others = (spec.candidates ?? [])
    .filter((constants) => !sameConstants(constants, standard.constants))
    // Only subgroups share: without them the shader is the same.
    .filter(({ SHARED }) => !SHARED || options.features.subgroups)
    .map((constants) => ({
      constants,
      compiling: compileKernel(gpu.device, spec, { ...options, constants }),
      largestError,
    }));
  const first = { constants: standard.constants, compiling: Promise.resolve(standard), largestError };
  return measureKernels(gpu, [first, ...others], workload, budgetMilliseconds);
}

export type KernelCandidate<P, B extends string> = Omit<Candidate, 'compiling'> & {
  readonly compiling: Promise<Kernel<P, B>>;
};

/** Times kernels that multiply x by a part on one workload, the default first, as {@link measureRuns} does. */
export async function measureKernels<P, B extends string>(
  gpu: GpuContext,
  candidates: readonly KernelCandidate<P, B>[],
  { rows, columns, parts, batch = 1 }: Workload,
  budgetMilliseconds: number,
): Promise<Variant[]> {
  const { queue } = gpu.device;
  const memory = new GpuMemory(gpu.device, 'tuning');
  try {
    const step = memory.storage('step', 16);
    const x = memory.storage('x', 4 * batch * pitchOf(columns));
    const y = memory.storage('y', 4 * batch * pitchOf(rows));
    queue.writeBuffer(step, 0, Uint32Array.of(0, batch, 0, 0));
    for (let row = 0; row < batch; row++) queue.writeBuffer(x, 4 * row * pitchOf(columns), waves(columns, row));
    const params = { batch, columns, rows, offset: 0, pitch: pitchOf(rows) };
    const runs = candidates.map(({ compiling, ...candidate }) => ({
      ...candidate,
      compiling: compiling.then((kernel) => ({
        record: (recorder, part) => {
          const { weights, scales } = parts[part]!;
          recorder.dispatch(kernel as Kernel<never, string>, { step, x, weights, scales, y }, params as never);
        },
        results: [y],
      })),
    })) satisfies Candidate[];
    const prepare = () => queue.writeBuffer(y, 0, new Float32Array(y.size / 4));
    return await measureRuns(gpu, runs, { parts: parts.length, prepare, budgetMilliseconds });
  } finally {
    memory.dispose();
  }
}

/** Numbers to multiply by, other ones for every row. */
export const waves = (columns: number, row = 0): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: columns }, (_, i) => Math.sin(row * columns + i + 1));
