import { ShaderCompileError } from './errors.ts';
import { render } from './render.ts';
import { type SubgroupMatrix, subgroupMatrixWgsl } from './subgroup-matrix.ts';

/** Where a field of the `Params` uniform lies. Written by codegen. */
export type ParamsLayout = {
  readonly binding: number;
  readonly size: number;
  readonly fields: readonly { readonly name: string; readonly offset: number; readonly type: 'u32' | 'i32' | 'f32' }[];
};

export type BindingInfo = { readonly binding: number; readonly type: GPUBufferBindingType };

/** Bytes moved to and from memory at the least, and arithmetic, of one dispatch: what a benchmark divides by time. */
export type Cost = { readonly bytes: number; readonly flops: number };

/** What an adapter can do and a kernel may use: half floats in storage and arithmetic, reductions over subgroups. */
export type Features = {
  readonly f16: boolean;
  readonly subgroups: boolean;
  /** A product of matrices that a subgroup computes at once, with sums of f32. */
  readonly subgroupMatrix?: SubgroupMatrix;
};

/** A kernel as data. `source`, `flags`, `layout` and `bindings` come from the generated `*.wgsl.ts`. */
export type KernelSpec<Params, Binding extends string> = {
  readonly name: string;
  readonly source: string;
  readonly flags: readonly string[];
  readonly layout: ParamsLayout;
  readonly bindings: Readonly<Record<Binding, BindingInfo>>;
  /** What fills the `${weights}` slot of a shader that reads several matrices, made of the code of their encodings. */
  readonly weightsText?: (first: string, second: string) => string;
  /** Values of the shader's `override`s. */
  readonly constants: Readonly<Record<string, number>>;
  /** Values that suit a kind of adapter better. */
  readonly tune?: (adapter: GPUAdapterInfo) => Readonly<Record<string, number>>;
  /** Values that a tuner may choose among, the defaults too: all compute the same but for rounding. */
  readonly candidates?: readonly Readonly<Record<string, number>>[];
  /** Workgroups in x, y, z. */
  readonly workgroups: (
    params: Params,
    constants: Readonly<Record<string, number>>,
  ) => readonly [number, number?, number?];
};

/** The code of one encoding, and its name for the label. */
export type WeightCode = { readonly name: string; readonly wgsl: string };

/** A compiled variant of a kernel on one device. */
export type Kernel<Params, Binding extends string> = {
  /**
   * Kernel name and variant, with the constants that differ from the adapter's defaults, e.g. `matvec f16 q8_0 ROWS=16`:
   * what profiles and validation messages show.
   */
  readonly label: string;
  readonly spec: KernelSpec<Params, Binding>;
  readonly constants: Readonly<Record<string, number>>;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroupLayout: GPUBindGroupLayout;
};

export type CompileOptions = {
  readonly features: Features;
  /** What fills the shader's `${weights}` slot. */
  readonly weights?: WeightCode;
  /** The encoding of the second matrix of a shader that reads two. Default: that of the first. */
  readonly secondWeights?: WeightCode;
  /** Overrides of `spec.constants`, e.g. from tuning. */
  readonly constants?: Readonly<Record<string, number>>;
};

/** The WGSL text of one variant. */
export function renderKernel<P, B extends string>(
  spec: KernelSpec<P, B>,
  { features, weights, secondWeights = weights }: CompileOptions,
): string {
  const { f16, subgroups, subgroupMatrix } = features;
  const code = weights && secondWeights && (spec.weightsText?.(weights.wgsl, secondWeights.wgsl) ?? weights.wgsl);
  return render(spec.source, {
    f16,
    subgroups,
    ...(subgroupMatrix ? { subgroupMatrix: subgroupMatrixWgsl(subgroupMatrix) } : {}),
    ...(code ? { weights: code } : {}),
  });
}

const compiled = new WeakMap<GPUDevice, Map<string, Promise<Kernel<never, never>>>>();

/**
 * Compiles one variant of a kernel, off the calling thread; a device compiles each variant once, whoever asks.
 *
 * @throws {ShaderCompileError}
 */
export function compileKernel<P, B extends string>(
  device: GPUDevice,
  spec: KernelSpec<P, B>,
  options: CompileOptions,
): Promise<Kernel<P, B>> {
  const known = compiled.get(device) ?? new Map<string, Promise<Kernel<never, never>>>();
  compiled.set(device, known);
  const code = renderKernel(spec, options);
  // Browsers had adapterInfo on devices later than WebGPU.
  const tuned = device.adapterInfo && spec.tune?.(device.adapterInfo);
  const defaults = { ...spec.constants, ...tuned };
  const constants = { ...defaults, ...options.constants };
  const key = JSON.stringify([spec.name, constants, code]);
  const kernel =
    (known.get(key) as Promise<Kernel<P, B>> | undefined) ??
    compile(device, spec, labelOf(spec, options, defaults), code, constants);
  known.set(key, kernel as Promise<Kernel<never, never>>);
  return kernel;
}

function labelOf<P, B extends string>(
  spec: KernelSpec<P, B>,
  { features, weights, secondWeights, constants = {} }: CompileOptions,
  defaults: Readonly<Record<string, number>>,
): string {
  const used = Object.entries(features).filter(([flag, on]) => on && spec.flags.includes(flag));
  const encodings = [weights, secondWeights].flatMap((code) => code?.name ?? []);
  const chosen = Object.entries(constants).filter(([name, value]) => value !== defaults[name]);
  const parts = [used.map(([flag]) => flag), encodings, chosen.map(([name, value]) => `${name}=${value}`)];
  return [spec.name, ...parts.flat()].join(' ');
}

async function compile<P, B extends string>(
  device: GPUDevice,
  spec: KernelSpec<P, B>,
  label: string,
  code: string,
  constants: Readonly<Record<string, number>>,
): Promise<Kernel<P, B>> {
  const buffers: BindingInfo[] = [
    ...Object.values<BindingInfo>(spec.bindings),
    { binding: spec.layout.binding, type: 'uniform' },
  ];
  const bindGroupLayout = device.createBindGroupLayout({
    label,
    entries: buffers.map(({ binding, type }) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } })),
  });
  const module = device.createShaderModule({ label, code });
  try {
    const pipeline = await device.createComputePipelineAsync({
      label,
      layout: device.createPipelineLayout({ label, bindGroupLayouts: [bindGroupLayout] }),
      compute: { module, constants },
    });
    return { label, spec, constants, pipeline, bindGroupLayout };
  } catch (cause) {
    const { messages } = await module.getCompilationInfo();
    const lines = code.split('\n');
    const explained = messages
      .filter(({ type }) => type === 'error')
      .map(({ lineNum, linePos, message }) => `${lineNum}:${linePos} ${message}\n  ${lines[lineNum - 1] ?? ''}`);
    throw new ShaderCompileError(label, explained.join('\n') || String(cause), { cause });
  }
}

/** Writes `params` into `view` at `offset` as the shader's `Params` struct. */
export function writeParams(
  layout: ParamsLayout,
  params: Readonly<Record<string, number>>,
  view: DataView,
  offset: number,
): void {
  for (const field of layout.fields) {
    const value = params[field.name];
    if (value === undefined) throw new TypeError(`Params.${field.name} is missing`);
    if (field.type === 'f32') view.setFloat32(offset + field.offset, value, true);
    else if (field.type === 'i32') view.setInt32(offset + field.offset, value, true);
    else view.setUint32(offset + field.offset, value, true);
  }
}
