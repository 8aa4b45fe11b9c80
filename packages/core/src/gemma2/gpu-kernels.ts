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
  residualNorms,
  rmsnorm,
  ropeCache,
  softcap,
  type WeightEncoding,
  weightFormats,
} from '@tama/kernels-wgsl';

type Compiled<S> = S extends KernelSpec<infer P, infer B> ? Kernel<P, B> : never;

/** Every kernel that a greedy step needs, compiled for one device: those over matrices once a weight encoding. */
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
  readonly embed: ReadonlyMap<WeightEncoding, Compiled<typeof embed>>;
  readonly gatedMatvec: ReadonlyMap<WeightEncoding, Compiled<typeof gatedMatvec>>;
  readonly matvec: ReadonlyMap<WeightEncoding, Compiled<typeof matvec>>;
  /** For many rows of x. Tuning puts that by subgroup matrices in its place where it is faster. */
  readonly matmul: Map<WeightEncoding, Compiled<typeof matmul>>;
  /** Empty until {@link compileSmallBatch}; `matmul` serves until then. */
  readonly matmulSmall: Map<WeightEncoding, Compiled<typeof matmulSmall>>;
  /** Variants that suit matrices of one shape better, by {@link shapeKey}. */
  readonly tuned: Map<string, Compiled<typeof matvec>>;
};

/** Kernels over one row of x: what decoding spends its time in. */
export type VectorKernelName = 'matvec' | 'gatedMatvec';

export const shapeKey = (name: VectorKernelName, encoding: WeightEncoding, rows: number, columns: number): string =>
  `${name} ${encoding} ${rows}x${columns}`;

/** The kernel for a part of a matrix: the tuned variant, or the default of its encoding. */
export const vectorKernel = (
  kernels: GpuKernels,
  name: VectorKernelName,
  encoding: WeightEncoding,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Compiled<typeof matvec> =>
  kernels.tuned.get(shapeKey(name, encoding, rows, columns)) ?? kernels[name].get(encoding)!;

/** Compiles all of them at the same time. @throws {ShaderCompileError} */
export async function compileKernels(
  device: GPUDevice,
  features: Features,
  encodings: ReadonlySet<WeightEncoding>,
): Promise<GpuKernels> {
  const compile = <P, B extends string>(spec: KernelSpec<P, B>) => compileKernel(device, spec, { features });
  const perEncoding = async <P, B extends string>(spec: KernelSpec<P, B>) =>
    new Map(
      await Promise.all(
        [...encodings].map(
          async (encoding) =>
            [encoding, await compileKernel(device, spec, { features, weights: weightFormats[encoding] })] as const,
        ),
      ),
    );
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
    embed: perEncoding(embed),
    gatedMatvec: perEncoding(gatedMatvec),
    matvec: perEncoding(matvec),
    matmul: perEncoding(matmul),
    matmulSmall: new Map(),
    tuned: new Map(),
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
  const compiling = [...kernels.matvec.keys()].map(async (encoding) => {
    const kernel = await compileKernel(device, matmulSmall, { features, weights: weightFormats[encoding] });
    kernels.matmulSmall.set(encoding, kernel);
  });
  await Promise.all(compiling);
}
