import {
  compileKernel,
  type GpuContext,
  GpuMemory,
  gatedMatvec,
  matvec,
  normedGatedMatvec,
  normedMatvec,
  pitchOf,
  residualNorms,
  weightFormats,
} from '@tama/kernels-wgsl';
import type { Gemma2Config } from '../gemma2/config.ts';
import { type GpuKernels, shapeKey, type VectorKernelName, vectorKernel } from '../gemma2/gpu-kernels.ts';
import { type GpuMatrix, type GpuPart, partsOf } from '../gemma2/gpu-weights.ts';
import type { Gemma2Weights } from '../gemma2/weights.ts';
import { choiceKey } from './choices.ts';
import { decide, type TuningOptions } from './decide.ts';
import { type Candidate, measureRuns, sameConstants, type Variant } from './measure-runs.ts';
import { largestRounding, type VectorKernelSpec, waves } from './measure-variants.ts';
import type { TunedKernel } from './tune-kernels.ts';

/** Of the GPU's time, for both products together. */
const totalMilliseconds = 200;

/** The default: the norms in a dispatch of their own. */
const apart = { FUSED: 0 } as const;

const specs: Readonly<Record<VectorKernelName, typeof normedMatvec>> = {
  matvec: normedMatvec,
  gatedMatvec: normedGatedMatvec,
};
/** What does the same after a dispatch of residual-norms. */
const alone: Readonly<Record<VectorKernelName, VectorKernelSpec>> = { matvec, gatedMatvec };

/** A product that follows norms, and of each layer the one part of its matrix. */
type Product = { readonly name: VectorKernelName; readonly parts: readonly GpuPart[] };

/**
 * Puts kernels into `kernels.normed` that compute the sandwich's norms with the product that follows, where that takes
 * less time here than two dispatches. Measured after {@link tuneKernels}, whose choice it is compared with, and kept as
 * that is.
 */
export async function tuneNorms(
  gpu: GpuContext,
  weights: Gemma2Weights<GpuMatrix, GPUBuffer>,
  { rmsEpsilon: epsilon }: Gemma2Config,
  kernels: GpuKernels,
  tuning: TuningOptions,
): Promise<TunedKernel[]> {
  if (tuning.mode === 'off') return [];
  const { device, features } = gpu;
  const products = productsOf(weights);
  const budgetMilliseconds = totalMilliseconds / products.length;
  const questions = products.map(async (product) => {
    const { name, parts } = product;
    const spec = specs[name];
    const options = { features, weights: weightFormats[parts[0]!.encoding] };
    const shaders = [
      [spec, options],
      [alone[name], options],
      [residualNorms, { features }],
    ] as const;
    return {
      key: await choiceKey(gpu, shaders, `normed ${shapeKey(name, parts[0]!)}`),
      candidates: [apart, ...(spec.candidates ?? [])],
      measure: () => measureNorms(gpu, product, epsilon, kernels, budgetMilliseconds),
    };
  });
  const answers = await decide(gpu, tuning, await Promise.all(questions));
  const inUse = answers.map(async (answer, i): Promise<TunedKernel[]> => {
    if (!answer) return [];
    const { name, parts } = products[i]!;
    const { encoding, rows, columns } = parts[0]!;
    if (!sameConstants(answer.constants, apart)) {
      const options = { features, weights: weightFormats[encoding], constants: answer.constants };
      const kernel = await compileKernel(device, specs[name], options).catch(() => undefined);
      if (!kernel) return [];
      kernels.normed.set(shapeKey(name, parts[0]!), kernel);
    }
    return [{ kernel: specs[name].name, encoding, rows, columns, ...answer }];
  });
  return (await Promise.all(inUse)).flat();
}

/** By shape. A matrix in several parts is left out: each of them would do all norms again. */
function productsOf({ layers }: Gemma2Weights<GpuMatrix, GPUBuffer>): Product[] {
  const products = new Map<string, { name: VectorKernelName; parts: GpuPart[] }>();
  for (const matrix of layers.flatMap(({ queryKeyValue, gateUp }) => [queryKeyValue, gateUp])) {
    const [part, ...others] = partsOf(matrix);
    if (!part || others.length > 0) continue;
    const name = matrix.paired ? 'gatedMatvec' : 'matvec';
    const product = products.get(shapeKey(name, part)) ?? { name, parts: [] };
    product.parts.push(part);
    products.set(shapeKey(name, part), product);
  }
  return [...products.values()];
}

async function measureNorms(
  gpu: GpuContext,
  { name, parts }: Product,
  epsilon: number,
  kernels: GpuKernels,
  budgetMilliseconds: number,
): Promise<Variant[]> {
  const { device, features } = gpu;
  const { encoding, rows, columns } = parts[0]!;
  const spec = specs[name];
  const memory = new GpuMemory(device, 'tuning');
  const row = (label: string) => memory.storage(label, 4 * pitchOf(columns));
  try {
    const norms = {
      x: row('x'),
      update: row('update'),
      postWeight: row('post weight'),
      nextWeight: row('next weight'),
    };
    const { x, update, postWeight, nextWeight } = norms;
    const [residual, h] = [row('residual'), row('h')];
    const y = memory.storage('y', 4 * pitchOf(rows));
    const params = { columns, rows, offset: 0, epsilon };
    const first: Candidate = {
      constants: apart,
      largestError: largestRounding,
      compiling: Promise.resolve({
        record: (recorder, part) => {
          const { weights, scales } = parts[part]!;
          const row = { rows: 1, width: columns, pitch: pitchOf(columns), epsilon };
          recorder.dispatch(kernels.residualNorms, { ...norms, y: h }, row);
          recorder.dispatch(vectorKernel(kernels, name, parts[part]!), { x: h, weights, scales, y }, params);
        },
        results: [x, y],
      }),
    };
    const others = (spec.candidates ?? []).map(
      (constants): Candidate => ({
        constants,
        largestError: largestRounding,
        compiling: compileKernel(device, spec, { features, weights: weightFormats[encoding], constants }).then(
          (kernel) => ({
            record: (recorder, part) => {
              const { weights, scales } = parts[part]!;
              recorder.dispatch(kernel, { ...norms, weights, scales, residual, y }, params);
            },
            results: [residual, y],
          }),
        ),
      }),
    );
    const prepare = () => {
      [x, update, postWeight, nextWeight].forEach((input, i) => {
        device.queue.writeBuffer(input, 0, waves(columns, i));
      });
      for (const result of [residual, y]) device.queue.writeBuffer(result, 0, new Float32Array(result.size / 4));
    };
    return await measureRuns(gpu, [first, ...others], { parts: parts.length, prepare, budgetMilliseconds });
  } finally {
    memory.dispose();
  }
}
