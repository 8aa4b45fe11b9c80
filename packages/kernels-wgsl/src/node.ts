/** WebGPU in Node: Dawn, from the npm package `webgpu`, which the application installs. */
import { existsSync } from 'node:fs';
import { DawnMissingError, NoAdapterError } from './errors.ts';

// Chromium packages carry SwiftShader; its driver file is in none of the folders that the Vulkan loader scans.
const swiftshader = ['/usr/lib/chromium/vk_swiftshader_icd.json', '/usr/lib/chromium-browser/vk_swiftshader_icd.json'];

export type DawnOptions = {
  /** Part of an adapter's name, e.g. `swiftshader`, `llvmpipe`, `NVIDIA`. */
  readonly adapter?: string;
  /** Dawn's null backend: validates everything and computes nothing. */
  readonly nullBackend?: boolean;
};

// Dawn aborts the process when the object that `create` returned is collected while a device lives.
const instances: GPU[] = [];

// Offers subgroup matrices, which Dawn keeps from web pages as an experiment. It is no door here: who writes shaders in
// this process may do anything in it anyway. Bounds are still checked, and a device has only what is asked for.
const experiments = 'enable-dawn-features=allow_unsafe_apis';
// Else they come in steps of 65 microseconds, in which a GPU does several products. They guard web pages' secrets.
const fineTimestamps = 'disable-dawn-features=timestamp_quantization';

/**
 * A `GPU` as in browsers; sets WebGPU's global constants.
 *
 * @throws {DawnMissingError} without the npm package @throws {NoAdapterError} when no adapter has the name
 */
export async function openDawn({ adapter, nullBackend }: DawnOptions = {}): Promise<GPU> {
  if (process.platform === 'linux' && /swiftshader/i.test(adapter ?? '')) {
    const driver = swiftshader.find((path) => existsSync(path));
    if (driver && !process.env.VK_ICD_FILENAMES) process.env.VK_ADD_DRIVER_FILES ??= driver;
  }
  const { create, globals } = await import('webgpu').catch((cause: unknown) => {
    throw new DawnMissingError({ cause });
  });
  Object.assign(globalThis, globals);
  const open = (flags: string[]): GPU => {
    const gpu = create([...flags, experiments, fineTimestamps]);
    instances.push(gpu);
    return gpu;
  };
  if (nullBackend) return open(['backend=null']);
  if (!adapter) return open([]);
  // Dawn takes an exact part of the name only, and lists the names it knows when there is none like it.
  const names = await adapterNames(open(['adapter=?']));
  const name = names.find((candidate) => candidate.toLowerCase().includes(adapter.toLowerCase()));
  if (!name) throw new NoAdapterError(adapter, names);
  return open([`adapter=${name}`]);
}

async function adapterNames(gpu: GPU): Promise<string[]> {
  try {
    const found = await gpu.requestAdapter();
    return found ? [found.info.device] : [];
  } catch (error) {
    return [...String(error).matchAll(/name: '([^']+)'/g)].map((match) => match[1] as string);
  }
}
