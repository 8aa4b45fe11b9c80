import {
  compileKernel,
  type Features,
  type GpuContext,
  matmul,
  matmulSubgroupMatrix,
  matmulTiled,
  smallBatch,
  type WeightEncoding,
  weightFormats,
} from '@tama/kernels-wgsl';
import type { GpuKernels } from '../gemma2/gpu-kernels.ts';
import { type GpuMatrix, type GpuPart, partsOf } from '../gemma2/gpu-weights.ts';
import type { Gemma2Weights } from '../gemma2/weights.ts';
import { choiceKey } from './choices.ts';
import { decide, type TuningOptions } from './decide.ts';
import { type Constants, sameConstants } from './measure-runs.ts';
import { measureKernels, type Workload } from './measure-variants.ts';
import type { TunedKernel } from './tune-kernels.ts';

/** One way to multiply the rows of a prefill chunk, and what it is called where choices are kept. */
type Alternative = { readonly constants: Constants; readonly spec: typeof matmul; readonly features: Features };

/** Of the GPU's time, for all encodings together. */
const totalMilliseconds = 300;
/** Of a result, relative to the default's: halves cost 1e-7. */
const largestErrors = { f32: 1e-9, f16: 1e-6 } as const;

/**
 * Puts another kernel in the place of matmul for the encodings for which it is faster here, as {@link tuneKernels} chooses
 * variants: nobody knows beforehand whether an adapter has fast workgroup memory, or whether a driver's subgroup
 * matrices are fast, or right. The default is what is used unless a measurement has said otherwise.
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
  if (tuning.mode === 'off' || batch <= smallBatch) return [];
  const alternatives = alternativesOn(features);
  const workloads = workloadsOf(weights, batch);
  const budgetMilliseconds = totalMilliseconds / workloads.length;
  const compile = ({ spec, features }: Alternative, encoding: WeightEncoding) =>
    compileKernel(device, spec, { features, weights: weightFormats[encoding] });
  const questions = workloads.map(async (workload) => {
    const { encoding, rows, columns } = workload;
    const shape = `matmul ${encoding} ${batch}x${rows}x${columns}`;
    const texts = alternatives.map(
      ({ spec, features }) => [spec, { features, weights: weightFormats[encoding] }] as const,
    );
    return {
      key: await choiceKey(gpu, texts, shape),
      candidates: alternatives.map(({ constants }) => constants),
      measure: () => {
        const candidates = alternatives.map((alternative) => ({
          constants: alternative.constants,
          compiling: compile(alternative, encoding),
          largestError: largestErrors[alternative.features.subgroupMatrix?.componentType === 'f16' ? 'f16' : 'f32'],
        }));
        return measureKernels(gpu, candidates, workload, budgetMilliseconds);
      },
    };
  });
  const answers = await decide(gpu, tuning, await Promise.all(questions));
  const inUse = answers.map(async (answer, i): Promise<TunedKernel[]> => {
    if (!answer) return [];
    const { encoding, rows, columns } = workloads[i]!;
    const chosen = alternatives.find(({ constants }) => sameConstants(constants, answer.constants))!;
    const kernel = await compile(chosen, encoding).catch(() => undefined);
    if (!kernel) return [];
    kernels.matmul.set(encoding, kernel);
    return [{ kernel: matmul.name, encoding, rows, columns, ...answer }];
  });
  return (await Promise.all(inUse)).flat();
}

/** The default first. */
function alternativesOn({ subgroupMatrix, ...features }: Features): Alternative[] {
  const plain = { ...features, subgroups: false };
  return [
    ...(features.subgroups ? [{ constants: { SUBGROUPS: 1 }, spec: matmul, features }] : []),
    { constants: { SUBGROUPS: 0 }, spec: matmul, features: plain },
    { constants: { TILED: 1 }, spec: matmulTiled, features: plain },
    ...(subgroupMatrix
      ? [{ constants: { SUBGROUP_MATRIX: 1 }, spec: matmulSubgroupMatrix, features: { ...features, subgroupMatrix } }]
      : []),
  ];
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
