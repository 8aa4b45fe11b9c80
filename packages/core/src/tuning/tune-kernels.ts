import {
  compileKernel,
  type GpuContext,
  gatedMatvec,
  matvec,
  type WeightEncoding,
  weightFormats,
} from '@tama/kernels-wgsl';
import { type GpuKernels, shapeKey, type VectorKernelName } from '../gemma2/gpu-kernels.ts';
import type { GpuMatrix } from '../gemma2/gpu-weights.ts';
import type { Gemma2Weights } from '../gemma2/weights.ts';
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

/** Which variant of a kernel serves the matrices of one shape. */
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
    const key = await choiceKey(gpu, spec, options, shapeKey(name, encoding, rows, columns));
    const kept = mode === 'now' ? undefined : spec.candidates?.find((one) => sameConstants(one, known[key] ?? {}));
    if (!kept && !mayMeasure) continue;
    const budget = budgetMilliseconds / shapes.length;
    const variants = kept ? [] : await measureVariants(gpu, spec, options, workloadOf(shape), budget).catch(() => []);
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
    const { name, encoding, columns, parts } = shape;
    const options = { features: gpu.features, weights: weightFormats[encoding], constants: tuned.constants };
    const kernel = await compileKernel(gpu.device, specs[name], options).catch(() => undefined);
    return { keys: parts.map(({ rows }) => shapeKey(name, encoding, rows, columns)), kernel, tuned };
  });
  // Not as each is compiled: parts of two shapes may be alike, and the same one shall have the last word in every start.
  const usable = (await Promise.all(inUse)).flatMap(({ kernel, ...one }) => (kernel ? [{ kernel, ...one }] : []));
  for (const { keys, kernel } of usable) for (const key of keys) kernels.tuned.set(key, kernel);
  return usable.map(({ tuned }) => tuned);
}

type Shape = {
  readonly name: VectorKernelName;
  readonly encoding: WeightEncoding;
  readonly rows: number;
  readonly columns: number;
  /** Of all matrices of this shape. */
  readonly parts: { readonly rows: number; readonly weights: GPUBuffer; readonly scales: GPUBuffer }[];
};

/** The different shapes among the matrices of a decode step. */
function shapesOf({ layers, head }: Gemma2Weights<GpuMatrix, GPUBuffer>): Shape[] {
  const matrices = layers.flatMap(({ queryKeyValue, output, gateUp, down }) => [queryKeyValue, output, gateUp, down]);
  const shapes = new Map<string, Shape>();
  for (const { segments, paired } of [...matrices, head]) {
    const name = paired ? 'gatedMatvec' : 'matvec';
    for (const { matrix } of segments) {
      const { rows, columns, format } = matrix;
      const key = shapeKey(name, format.name, rows, columns);
      const shape = shapes.get(key) ?? { name, encoding: format.name, rows, columns, parts: [] };
      shape.parts.push(...matrix.parts);
      shapes.set(key, shape);
    }
  }
  return [...shapes.values()];
}

/** The last part of a matrix may be smaller than the others. */
function workloadOf({ columns, parts }: Shape): Workload {
  const rows = parts[0]!.rows;
  return { rows, columns, parts: parts.filter((part) => part.rows === rows) };
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
