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
import { choiceKey, readChoices, writeChoices } from './choices.ts';
import {
  type Constants,
  measureVariants,
  sameConstants,
  type Variant,
  type VectorKernelSpec,
  type Workload,
} from './measure-variants.ts';
import type { TuningStore } from './tuning-store.ts';

/**
 * `auto` uses what was measured before on this adapter, and measures once where results can be kept and the adapter is
 * not a software one. `now` measures again, anywhere. `off` uses the defaults.
 */
export type TuningMode = 'auto' | 'off' | 'now';

export type TuningOptions = { readonly mode: TuningMode; readonly store: TuningStore | undefined };

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
/** A variant must be faster than the default by more than timings vary. */
const worthwhile = 0.95;

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
  { mode, store }: TuningOptions,
): Promise<TunedKernel[]> {
  if (mode === 'off') return [];
  const mayMeasure = mode === 'now' || (store !== undefined && !gpu.info.isFallbackAdapter);
  const known = await readChoices(store);
  const fresh: Record<string, Constants> = {};
  const shapes = shapesOf(weights);
  const chosen: { readonly shape: Shape; readonly tuned: TunedKernel }[] = [];
  for (const shape of shapes) {
    const { name, encoding, rows, columns } = shape;
    const spec = specs[name];
    const options = { features: gpu.features, weights: weightFormats[encoding] };
    const key = await choiceKey(gpu, spec, options, shapeKey(name, shape));
    const kept = mode === 'now' ? undefined : spec.candidates?.find((one) => sameConstants(one, known[key] ?? {}));
    if (!kept && !mayMeasure) continue;
    const budget = budgetMilliseconds / shapes.length;
    const variants = kept ? [] : await measureVariants(gpu, spec, options, shape, budget).catch(() => []);
    const constants = kept ?? fastest(variants);
    if (!constants) continue;
    if (!kept) fresh[key] = constants;
    chosen.push({ shape, tuned: { kernel: spec.name, encoding, rows, columns, constants, variants } });
  }
  if (Object.keys(fresh).length > 0) {
    const written = await writeChoices(store, { ...known, ...fresh });
    if (!written && mode === 'auto') return [];
  }
  const inUse = chosen.map(async ({ shape, tuned }) => {
    const options = { features: gpu.features, weights: weightFormats[shape.encoding], constants: tuned.constants };
    const kernel = await compileKernel(gpu.device, specs[shape.name], options).catch(() => undefined);
    if (kernel) kernels.tuned.set(shapeKey(shape.name, shape), kernel);
    return kernel ? [tuned] : [];
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

/** The default, unless another is faster by more than timings vary. */
export function fastest(variants: readonly Variant[]): Constants | undefined {
  const [standard, ...others] = variants;
  if (!standard) return undefined;
  const best = others
    .filter(({ milliseconds }) => milliseconds > 0)
    .reduce((a, b) => (b.milliseconds < a.milliseconds ? b : a), standard);
  return (best.milliseconds < worthwhile * standard.milliseconds ? best : standard).constants;
}
