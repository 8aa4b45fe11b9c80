import {
  argmax,
  argmaxPartial,
  attentionDecode,
  attentionMerge,
  attentionPrefill,
  compileKernel,
  embed,
  type Features,
  gatedMatvec,
  geglu,
  type Kernel,
  type KernelSpec,
  lastRow,
  matmul,
  matmulSmall,
  matvec,
  type normedMatvec,
  residualNorms,
  rmsnorm,
  ropeCache,
  softcap,
  stackedMatvec,
  type WeightEncoding,
  weightFormats,
} from '@tama/kernels-wgsl';
import { type GpuMatrix, type GpuPart, partsByTwo, partsOf } from './gpu-weights.ts';
import { type Gemma2Weights, productMatrices } from './weights.ts';

type Compiled<S> = S extends KernelSpec<infer P, infer B> ? Kernel<P, B> : never;

/** Every kernel that a greedy step needs, compiled for one device: those over matrices once an encoding that they meet. */
export type GpuKernels = {
  readonly rmsnorm: Compiled<typeof rmsnorm>;
  readonly residualNorms: Compiled<typeof residualNorms>;
  readonly ropeCache: Compiled<typeof ropeCache>;
  readonly attentionPrefill: Compiled<typeof attentionPrefill>;
  readonly attentionDecode: Compiled<typeof attentionDecode>;
  readonly attentionMerge: Compiled<typeof attentionMerge>;
  readonly geglu: Compiled<typeof geglu>;
  readonly softcap: Compiled<typeof softcap>;
  readonly lastRow: Compiled<typeof lastRow>;
  readonly argmaxPartial: Compiled<typeof argmaxPartial>;
  readonly argmax: Compiled<typeof argmax>;
  readonly embed: Compiled<typeof embed>;
  readonly gatedMatvec: ReadonlyMap<WeightEncoding, Compiled<typeof gatedMatvec>>;
  readonly matvec: ReadonlyMap<WeightEncoding, Compiled<typeof matvec>>;
  /** By both encodings; and what tuning has found better, by both shapes. See {@link stackKeys}. */
  readonly stackedMatvec: Map<string, Compiled<typeof stackedMatvec>>;
  /** For many rows of x. Tuning puts that by subgroup matrices in its place where it is faster. */
  readonly matmul: Map<WeightEncoding, Compiled<typeof matmul>>;
  /** Empty until {@link compileSmallBatch}; `matmul` serves until then. */
  readonly matmulSmall: Map<WeightEncoding, Compiled<typeof matmulSmall>>;
  /** Variants that suit matrices of one shape better, by {@link shapeKey}. */
  readonly tuned: Map<string, Compiled<typeof matvec>>;
  /** With the norms before them, by {@link shapeKey}, where tuning has found that faster. */
  readonly normed: Map<string, Compiled<typeof normedMatvec>>;
};

/** Kernels over one row of x: what decoding spends its time in. */
export type VectorKernelName = 'matvec' | 'gatedMatvec';

/** A part of a matrix, as far as kernels differ by it. */
type Shape = Pick<GpuPart, 'encoding' | 'rows' | 'columns'>;

export const shapeKey = (name: VectorKernelName, { encoding, rows, columns }: Shape): string =>
  `${name} ${encoding} ${rows}x${columns}`;

/** The kernel for a part of a matrix: the tuned variant, or the default of its encoding. */
export const vectorKernel = (kernels: GpuKernels, name: VectorKernelName, part: Shape): Compiled<typeof matvec> =>
  kernels.tuned.get(shapeKey(name, part)) ?? kernels[name].get(part.encoding)!;

/** Of two parts: by their encodings, and by their shapes besides. */
export const stackKeys = (first: Shape, second: Shape) => ({
  encodings: `${first.encoding} ${second.encoding}`,
  shapes: `${shapeKey('matvec', first)} ${shapeKey('matvec', second)}`,
});

/** The kernel for two parts at once: the variant that serves the first alone, or the default of their encodings. */
export function stackedKernel(kernels: GpuKernels, first: Shape, second: Shape): Compiled<typeof stackedMatvec> {
  const { encodings, shapes } = stackKeys(first, second);
  return kernels.stackedMatvec.get(shapes) ?? kernels.stackedMatvec.get(encodings)!;
}

/** Two parts that one dispatch multiplies by. */
export type Stack = readonly [GpuPart, GpuPart];

export const stacksOf = (weights: Gemma2Weights<GpuMatrix, unknown>): Stack[] =>
  productMatrices(weights)
    .filter(({ paired }) => !paired)
    .flatMap(partsByTwo)
    .flatMap(([first, second]) => (second ? [[first, second] as const] : []));

/**
 * Compiles all of them at the same time.
 *
 * @param weights the model's, or what is planned of them: which encodings each kernel meets
 * @throws {ShaderCompileError}
 */
export async function compileKernels(
  device: GPUDevice,
  features: Features,
  weights: Gemma2Weights<GpuMatrix, unknown>,
): Promise<GpuKernels> {
  const compile = <P, B extends string>(spec: KernelSpec<P, B>) => compileKernel(device, spec, { features });
  const perEncoding = async <P, B extends string>(spec: KernelSpec<P, B>, parts: readonly GpuPart[]) => {
    const compiling = [...new Set(parts.map(({ encoding }) => encoding))].map(async (encoding) => {
      const kernel = await compileKernel(device, spec, { features, weights: weightFormats[encoding] });
      return [encoding, kernel] as const;
    });
    return new Map(await Promise.all(compiling));
  };
  const perTwoEncodings = async (stacks: readonly Stack[]) => {
    const compiling = stacks.map(async ([first, second]) => {
      const [weights, secondWeights] = [weightFormats[first.encoding], weightFormats[second.encoding]];
      const kernel = await compileKernel(device, stackedMatvec, { features, weights, secondWeights });
      return [stackKeys(first, second).encodings, kernel] as const;
    });
    return new Map(await Promise.all(compiling));
  };
  const products = productMatrices(weights);
  const paired = products.filter((matrix) => matrix.paired);
  const alone = products
    .filter((matrix) => !matrix.paired)
    .flatMap(partsByTwo)
    .flatMap(([part, second]) => (second ? [] : part));
  const kernels = {
    rmsnorm: compile(rmsnorm),
    residualNorms: compile(residualNorms),
    ropeCache: compile(ropeCache),
    attentionPrefill: compile(attentionPrefill),
    attentionDecode: compile(attentionDecode),
    attentionMerge: compile(attentionMerge),
    geglu: compile(geglu),
    softcap: compile(softcap),
    lastRow: compile(lastRow),
    argmaxPartial: compile(argmaxPartial),
    argmax: compile(argmax),
    embed: compileKernel(device, embed, { features, weights: weights.embedding.segments[0]!.matrix.format }),
    gatedMatvec: perEncoding(gatedMatvec, paired.flatMap(partsOf)),
    matvec: perEncoding(matvec, alone),
    stackedMatvec: perTwoEncodings(stacksOf(weights)),
    matmul: perEncoding(matmul, products.flatMap(partsOf)),
    matmulSmall: new Map(),
    tuned: new Map(),
    normed: new Map(),
  };
  const compiled = await Promise.all(
    Object.entries(kernels).map(async ([name, kernel]) => [name, await kernel] as const),
  );
  return Object.fromEntries(compiled) as unknown as GpuKernels;
}

/**
 * Adds what products with 2 to 8 rows are fast with. Only steps that check guessed tokens and very small prefill chunks
 * have so few, and a software adapter takes up to a second an encoding to compile it. @throws {ShaderCompileError}
 */
export async function compileSmallBatch(device: GPUDevice, features: Features, kernels: GpuKernels): Promise<void> {
  const compiling = [...kernels.matmul.keys()].map(async (encoding) => {
    const kernel = await compileKernel(device, matmulSmall, { features, weights: weightFormats[encoding] });
    kernels.matmulSmall.set(encoding, kernel);
  });
  await Promise.all(compiling);
}
