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
import type { GpuMatrix } from '../gemma2/gpu-weights.ts';
import type { Gemma2Weights } from '../gemma2/weights.ts';
import { choiceKey, readChoices, writeChoices } from './choices.ts';
import { type Constants, measureKernels, sameConstants, type Workload } from './measure-variants.ts';
import { fastest, type TunedKernel, type TuningOptions } from './tune-kernels.ts';

/** Which kernel multiplies the rows of a prefill chunk. */
const [plain, bySubgroups]: readonly [Constants, Constants] = [{ SUBGROUP_MATRIX: 0 }, { SUBGROUP_MATRIX: 1 }];

/** Of the GPU's time, for all encodings together. */
const budgetMilliseconds = 300;
/** Of the result, relative to the plain kernel's: halves cost 1e-7. */
const largestError = { f32: 1e-9, f16: 1e-6 } as const;

/**
 * Puts matmul by subgroup matrices in the place of matmul for the encodings for which it is faster here, as
 * {@link tuneKernels} chooses its variants: nobody knows beforehand whether a driver's are fast, or right. Nothing is
 * done where there are none, so the plain kernel is what is used unless a measurement has said otherwise.
 *
 * @param batch rows of a chunk
 */
export async function tuneProducts(
  gpu: GpuContext,
  weights: Gemma2Weights<GpuMatrix, GPUBuffer>,
  kernels: GpuKernels,
  batch: number,
  { mode, store }: TuningOptions,
): Promise<TunedKernel[]> {
  const { subgroupMatrix } = gpu.features;
  if (mode === 'off' || !subgroupMatrix || batch <= smallBatch) return [];
  const mayMeasure = mode === 'now' || (store !== undefined && !gpu.info.isFallbackAdapter);
  const error = largestError[subgroupMatrix.componentType === 'f32' ? 'f32' : 'f16'];
  const known = await readChoices(store);
  const fresh: Record<string, Constants> = {};
  const workloads = workloadsOf(weights, batch);
  const chosen: TunedKernel[] = [];
  for (const [encoding, workload] of workloads) {
    const { rows, columns } = workload;
    const options = { features: gpu.features, weights: weightFormats[encoding] };
    const key = await choiceKey(gpu, matmulSubgroupMatrix, options, `matmul ${encoding} ${batch}x${rows}x${columns}`);
    const kept = mode === 'now' ? undefined : [plain, bySubgroups].find((one) => sameConstants(one, known[key] ?? {}));
    if (!kept && !mayMeasure) continue;
    const measure = () => {
      const candidates = [
        { constants: plain, compiling: compileKernel(gpu.device, matmul, options) },
        { constants: bySubgroups, compiling: compileKernel(gpu.device, matmulSubgroupMatrix, options) },
      ];
      const limits = { budgetMilliseconds: budgetMilliseconds / workloads.size, largestError: error };
      return measureKernels(gpu, candidates, workload, limits).catch(() => []);
    };
    const variants = kept ? [] : await measure();
    const constants = kept ?? fastest(variants);
    if (!constants) continue;
    if (!kept) fresh[key] = constants;
    chosen.push({ kernel: matmul.name, encoding, rows, columns, constants, variants });
  }
  if (Object.keys(fresh).length > 0) {
    const written = await writeChoices(store, { ...known, ...fresh });
    if (!written && mode === 'auto') return [];
  }
  for (const { encoding, constants } of chosen) {
    if (!sameConstants(constants, bySubgroups)) continue;
    const options = { features: gpu.features, weights: weightFormats[encoding] };
    const kernel = await compileKernel(gpu.device, matmulSubgroupMatrix, options).catch(() => undefined);
    if (kernel) kernels.matmul.set(encoding, kernel);
  }
  return chosen;
}

/** Of each encoding the largest matrices: prefill spends most of its time in them. */
function workloadsOf({ layers }: Gemma2Weights<GpuMatrix, GPUBuffer>, batch: number): Map<WeightEncoding, Workload> {
  const workloads = new Map<WeightEncoding, Workload>();
  const matrices = layers.flatMap(({ queryKeyValue, output, gateUp, down }) => [queryKeyValue, output, gateUp, down]);
  for (const { segments } of matrices) {
    for (const { matrix } of segments) {
      const { format, columns, parts } = matrix;
      const rows = parts[0]!.rows;
      const whole = parts.filter((part) => part.rows === rows);
      const before = workloads.get(format.name);
      if (!before || rows * columns > before.rows * before.columns) {
        workloads.set(format.name, { rows, columns, batch, parts: whole });
      } else if (rows === before.rows && columns === before.columns) {
        workloads.set(format.name, { ...before, parts: [...before.parts, ...whole] });
      }
    }
  }
  return workloads;
}
