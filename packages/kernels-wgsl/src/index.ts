export { GROUP, pitchOf } from './activation.ts';
export { argmax, argmaxReference, noToken } from './argmax/argmax.ts';
export { argmaxPartial, argmaxPartials } from './argmax-partial/argmax-partial.ts';
export type { DeviceOptions, GpuContext } from './device.ts';
export { adapterFeatures, requestAdapter, requestGpu, whenLost } from './device.ts';
export {
  DeviceLostError,
  GpuMemoryError,
  LimitError,
  NoAdapterError,
  ShaderCompileError,
  ShapeError,
  WebGpuMissingError,
} from './errors.ts';
export { geglu, gegluReference } from './geglu/geglu.ts';
export { GpuMemory } from './gpu-memory.ts';
export type { CompileOptions, Cost, Features, Kernel, KernelSpec } from './kernel.ts';
export { compileKernel } from './kernel.ts';
export { lastRow } from './last-row/last-row.ts';
export type { BufferSlice } from './recorder.ts';
export { Recorder, Recording } from './recorder.ts';
export { residualNorms, residualNormsReference } from './residual-norms/residual-norms.ts';
export { rmsnorm, rmsnormReference } from './rmsnorm/rmsnorm.ts';
export { ropeCache, ropeCacheReference } from './rope-cache/rope-cache.ts';
export { rotationTable } from './rope-cache/rotation-table.ts';
export { softcap, softcapReference } from './softcap/softcap.ts';
