import { type GpuContext, requestGpu } from '@tama/kernels-wgsl';

const shared = new WeakMap<GPU, Map<boolean, Promise<GpuContext>>>();

/**
 * One device for all models of a page or process: it keeps its compiled kernels, so that the second model, or the same
 * one again, starts without compiling. A lost device is forgotten.
 *
 * @param plain the path without f16 and subgroups, which is a device of its own
 * @throws {WebGpuMissingError} @throws {NoAdapterError} @throws {LimitError}
 */
export async function sharedGpu(gpu: GPU | undefined, plain: boolean): Promise<GpuContext> {
  if (!gpu) return requestGpu(gpu);
  const contexts = shared.get(gpu) ?? new Map<boolean, Promise<GpuContext>>();
  shared.set(gpu, contexts);
  const known = contexts.get(plain);
  if (known) return known;
  const opening = requestGpu(gpu, { plain });
  contexts.set(plain, opening);
  const forget = () => {
    if (contexts.get(plain) === opening) contexts.delete(plain);
  };
  opening.then(({ device }) => device.lost.then(forget), forget);
  return opening;
}
