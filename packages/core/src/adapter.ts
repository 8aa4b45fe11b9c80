import { adapterFeatures, requestAdapter } from '@tama/kernels-wgsl';
import type { AdapterSummary } from './engine.ts';

/**
 * What WebGPU offers here, without loading anything.
 *
 * @throws {WebGpuMissingError} @throws {NoAdapterError} @throws {LimitError} the reason why no model can run here
 */
export async function checkAdapter(gpu: GPU | undefined = globalThis.navigator?.gpu): Promise<AdapterSummary> {
  const adapter = await requestAdapter(gpu);
  return summarise(adapter.info, adapterFeatures(gpu, adapter));
}

export function summarise(
  info: GPUAdapterInfo,
  { f16, subgroups }: { f16: boolean; subgroups: boolean },
): AdapterSummary {
  const { vendor, architecture, description, device } = info;
  return { vendor, architecture, description: description || device, f16, subgroups };
}
