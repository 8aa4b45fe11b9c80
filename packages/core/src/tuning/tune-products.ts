import {
  compileKernel,
  type GpuContext,
  matmul,
  matmulSubgroupMatrix,
  smallBatch,
  type WeightEncoding,
  weightFormats,
} from '@tama/kernels-wgsl';
import type { GpuKernels } from '../gemma2/gpu-kernels.ts';
import { type GpuMatrix, type GpuPart, partsOf } from '../gemma2/gpu-weights.ts';
import type { Gemma2Weights } from '../gemma2/weights.ts';
import { choiceKey } from './choices.ts';
import { decide, type TuningOptions } from './decide.ts';
import { measureKernels, sameConstants, type Workload } from './measure-variants.ts';
import type { TunedKernel } from './tune-kernels.ts';

/** Which kernel multiplies the rows of a prefill chunk. */
const plain = { SUBGROUP_MATRIX: 0 };
const bySubgroups = { SUBGROUP_MATRIX: 1 };

/** Of the GPU's time, for all encodings together. */
const totalMilliseconds = 300;
/** Of a result, relative to the plain kernel's: halves cost 1e-7. */
const largestErrors = { f32: 1e-9, f16: 1e-6 } as const;

/**
 * Puts matmul by subgroup matrices in the place of matmul for the encodings for which it is faster here, as
 * {@link tuneKernels} chooses its variants: nobody knows beforehand whether a driver's are fast, or right. The plain
 * kernel is what is used unless a measurement has said otherwise.
 *
 * @param batch rows of a chunk
 */
export async function tuneProducts(
  gpu: GpuContext,
  weights: Gemma2Weights<GpuMatrix, GPUBuffer>,
  kernels: GpuKernels,
  batch: number,
  tuning: TuningOptions,
): Promise<TunedKernel[]> {
  const { device, features } = gpu;
  if (tuning.mode === 'off' || !features.subgroupMatrix || batch <= smallBatch) return [];
  const largestError = largestErrors[features.subgroupMatrix.componentType === 'f32' ? 'f32' : 'f16'];
  const workloads = workloadsOf(weights, batch);
  const limits = { budgetMilliseconds: totalMilliseconds / workloads.length, largestError };
  const questions = workloads.map(async (workload) => {
    const { encoding, rows, columns } = workload;
    const options = { features, weights: weightFormats[encoding] };
    return {
      key: await choiceKey(gpu, matmulSubgroupMatrix, options, `matmul ${encoding} ${batch}x${rows}x${columns}`),
      candidates: [plain, bySubgroups],
      measure: () => {
        const both = [
          { constants: plain, compiling: compileKernel(device, matmul, options) },
          { constants: bySubgroups, compiling: compileKernel(device, matmulSubgroupMatrix, options) },
        ];
        return measureKernels(gpu, both, workload, limits);
      },
    };
  });
  const answers = await decide(gpu, tuning, await Promise.all(questions));
  const inUse = answers.map(async (answer, i): Promise<TunedKernel[]> => {
    if (!answer) return [];
    const { encoding, rows, columns } = workloads[i]!;
    if (sameConstants(answer.constants, bySubgroups)) {
      const options = { features, weights: weightFormats[encoding] };
      const kernel = await compileKernel(device, matmulSubgroupMatrix, options).catch(() => undefined);
      if (!kernel) return [];
      kernels.matmul.set(encoding, kernel);
    }
    return [{ kernel: matmul.name, encoding, rows, columns, ...answer }];
  });
  return (await Promise.all(inUse)).flat();
}

/** Of each encoding the largest parts: prefill spends most of its time in them. */
function workloadsOf(
  { layers }: Gemma2Weights<GpuMatrix, GPUBuffer>,
  batch: number,
): (Workload & { readonly encoding: WeightEncoding })[] {
  const parts = layers
    .flatMap(({ queryKeyValue, output, gateUp, down }) => [queryKeyValue, output, gateUp, down])
    .flatMap(partsOf);
  const larger = (a: GpuPart, b: GpuPart) => (b.rows * b.columns > a.rows * a.columns ? b : a);
  return [...new Set(parts.map(({ encoding }) => encoding))].map((encoding) => {
    const alike = parts.filter((part) => part.encoding === encoding);
    const { rows, columns } = alike.reduce(larger);
    const largest = alike.filter((part) => part.rows === rows && part.columns === columns);
    return { encoding, rows, columns, batch, parts: largest };
  });
}
