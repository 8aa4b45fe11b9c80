import {
  compileKernel,
  type GpuContext,
  gatedMatvec,
  matvec,
  stackedMatvec,
  type WeightEncoding,
  weightFormats,
} from '@tama/kernels-wgsl';
import {
  type GpuKernels,
  type Stack,
  shapeKey,
  stackKeys,
  stacksOf,
  type VectorKernelName,
} from '../gemma2/gpu-kernels.ts';
import { type GpuMatrix, type GpuPart, partsByTwo, partsOf } from '../gemma2/gpu-weights.ts';
import { type Gemma2Weights, productMatrices } from '../gemma2/weights.ts';
import { choiceKey } from './choices.ts';
import { decide, type TuningOptions } from './decide.ts';
import type { Constants, Variant } from './measure-runs.ts';
import { measureVariants, type VectorKernelSpec, type Workload } from './measure-variants.ts';

/** Which variant of a kernel serves the parts of matrices of one shape. */
export type TunedKernel = {
  readonly kernel: string;
  readonly encoding: WeightEncoding;
  readonly rows: number;
  readonly columns: number;
  readonly constants: Constants;
  /** What was measured, the default first. Empty where the choice comes from an earlier start. */
  readonly variants: readonly Variant[];
};

/** Of the GPU's time, for all shapes together. */
const budgetMilliseconds = 300;

const specs: Readonly<Record<VectorKernelName, VectorKernelSpec>> = { matvec, gatedMatvec };

/**
 * Chooses variants of the kernels that decoding spends its time in, by measuring them on the weights that are loaded, and
 * puts them into `kernels.tuned`. A choice is kept by adapter, kernel text and shape: sums in another order round
 * otherwise, and one adapter shall always compute the same. Nothing that fails here keeps a model from loading.
 */
export async function tuneKernels(
  gpu: GpuContext,
  weights: Gemma2Weights<GpuMatrix, GPUBuffer>,
  kernels: GpuKernels,
  tuning: TuningOptions,
): Promise<TunedKernel[]> {
  if (tuning.mode === 'off') return [];
  const { device, features } = gpu;
  const shapes = shapesOf(weights);
  const questions = shapes.map(async (shape) => {
    const spec = specs[shape.name];
    const options = { features, weights: weightFormats[shape.encoding] };
    return {
      key: await choiceKey(gpu, [[spec, options]], shapeKey(shape.name, shape)),
      candidates: spec.candidates ?? [],
      measure: () => measureVariants(gpu, spec, options, shape, budgetMilliseconds / shapes.length),
    };
  });
  const answers = await decide(gpu, tuning, await Promise.all(questions));
  const inUse = answers.map(async (answer, i): Promise<TunedKernel[]> => {
    if (!answer) return [];
    const { name, encoding, rows, columns } = shapes[i]!;
    const options = { features, weights: weightFormats[encoding], constants: answer.constants };
    const kernel = await compileKernel(device, specs[name], options).catch(() => undefined);
    if (!kernel) return [];
    kernels.tuned.set(shapeKey(name, shapes[i]!), kernel);
    return [{ kernel: specs[name].name, encoding, rows, columns, ...answer }];
  });
  const used = (await Promise.all(inUse)).flat();
  await Promise.all(stacksOf(weights).map((stack) => tuneStack(gpu, stack, kernels)));
  return used;
}

/** Two parts at once are multiplied by as the first would be alone: the second is alike, or small. */
async function tuneStack({ device, features }: GpuContext, [first, second]: Stack, kernels: GpuKernels): Promise<void> {
  const constants = kernels.tuned.get(shapeKey('matvec', first))?.constants;
  if (!constants) return;
  const [weights, secondWeights] = [weightFormats[first.encoding], weightFormats[second.encoding]];
  const options = { features, weights, secondWeights, constants };
  const kernel = await compileKernel(device, stackedMatvec, options).catch(() => undefined);
  if (kernel) kernels.stackedMatvec.set(stackKeys(first, second).shapes, kernel);
}

type Shape = Workload & {
  readonly name: VectorKernelName;
  readonly encoding: WeightEncoding;
  /** Of all matrices: those of this shape that are measured. */
  readonly parts: GpuPart[];
};

/** The different shapes among the parts of a decode step's matrices; of two parts at once, that of the first. */
function shapesOf(weights: Gemma2Weights<GpuMatrix, GPUBuffer>): Shape[] {
  const shapes = new Map<string, Shape>();
  for (const matrix of productMatrices(weights)) {
    const name = matrix.paired ? 'gatedMatvec' : 'matvec';
    const parts = matrix.paired ? partsOf(matrix) : partsByTwo(matrix).map(([first]) => first);
    for (const part of parts) {
      const { encoding, rows, columns } = part;
      const key = shapeKey(name, part);
      const shape = shapes.get(key) ?? { name, encoding, rows, columns, parts: [] };
      shape.parts.push(part);
      shapes.set(key, shape);
    }
  }
  return [...shapes.values()];
}
