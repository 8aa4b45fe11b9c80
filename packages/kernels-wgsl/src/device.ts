import { LimitError, NoAdapterError, WebGpuMissingError } from './errors.ts';
import type { Features } from './kernel.ts';
import { chooseSubgroupMatrix, type SubgroupMatrix, subgroupMatrixFeature } from './subgroup-matrix.ts';

/** A device with what our kernels want from it, and nothing they do not. */
export type GpuContext = {
  readonly device: GPUDevice;
  readonly info: GPUAdapterInfo;
  /** Which kernel variants may run here. */
  readonly features: Features;
  /** Timestamps are on when the adapter has them; profiles and benchmarks use them. */
  readonly timestamps: boolean;
};

export type DeviceOptions = {
  /** The plain path: no f16, no subgroups, no subgroup matrices. */
  readonly plain?: boolean;
  /** Keep WebGPU's default limits although the adapter offers more: for tests. */
  readonly defaultLimits?: boolean;
};

// What every WebGPU adapter guarantees; a compatibility-mode adapter may offer less.
const needed = {
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxStorageBufferBindingSize: 128 * 2 ** 20,
} as const satisfies Partial<Record<keyof GPUSupportedLimits, number>>;

/** @throws {WebGpuMissingError} @throws {NoAdapterError} @throws {LimitError} */
export async function requestAdapter(gpu: GPU | undefined): Promise<GPUAdapter> {
  if (!gpu) throw new WebGpuMissingError(isBrowser() ? 'browser' : 'program');
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new NoAdapterError();
  for (const [limit, value] of Object.entries(needed)) {
    const offered = adapter.limits[limit as keyof typeof needed];
    if (offered < value) throw new LimitError(limit, offered, value);
  }
  return adapter;
}

/** Every browser's name begins with this word; Node before 21 has no `navigator`. */
const isBrowser = () => Boolean(globalThis.navigator?.userAgent?.startsWith('Mozilla/'));

/** The kernel variants an adapter can run. */
export function adapterFeatures(gpu: GPU, adapter: GPUAdapter, plain = false): Features {
  const offers = (feature: GPUFeatureName): boolean => !plain && adapter.features.has(feature);
  const f16 = offers('shader-f16');
  // Reductions find their partial sum by `subgroup_id`: without that language feature, the mapping of invocations to
  // subgroups is not guaranteed by WGSL.
  const subgroups = offers('subgroups') && gpu.wgslLanguageFeatures.has('subgroup_id');
  const { subgroupMatrixConfigs } = adapter.info as { readonly subgroupMatrixConfigs?: Iterable<SubgroupMatrix> };
  const subgroupMatrix =
    subgroups && offers(subgroupMatrixFeature) ? chooseSubgroupMatrix(subgroupMatrixConfigs ?? [], f16) : undefined;
  return { f16, subgroups, ...(subgroupMatrix ? { subgroupMatrix } : {}) };
}

/** @throws {WebGpuMissingError} @throws {NoAdapterError} @throws {LimitError} */
export async function requestGpu(gpu: GPU | undefined, options: DeviceOptions = {}): Promise<GpuContext> {
  const adapter = await requestAdapter(gpu);
  const features = adapterFeatures(gpu as GPU, adapter, options.plain);
  const timestamps = adapter.features.has('timestamp-query');
  const requiredFeatures: GPUFeatureName[] = [];
  if (features.f16) requiredFeatures.push('shader-f16');
  if (features.subgroups) requiredFeatures.push('subgroups');
  if (features.subgroupMatrix) requiredFeatures.push(subgroupMatrixFeature);
  if (timestamps) requiredFeatures.push('timestamp-query');
  // Larger buffers and bindings mean fewer parts of a matrix, so fewer dispatches. Nothing needs them.
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({
    label: 'tama',
    requiredFeatures,
    ...(options.defaultLimits ? {} : { requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } }),
  });
  return { device, info: adapter.info, features, timestamps };
}
