import { type GpuContext, requestGpu } from '../device.ts';
import { type CompileOptions, compileKernel, type Features, type Kernel, type KernelSpec } from '../kernel.ts';
import { openDawn } from '../node.ts';
import { Recorder } from '../recorder.ts';
import { subgroupMatrixName } from '../subgroup-matrix.ts';

let context: Promise<GpuContext> | undefined;

/** The adapter under test with WebGPU's default limits. Fails where there is none: a GPU test never skips. */
export function testGpu(): Promise<GpuContext> {
  context ??= openTestGpu();
  return context;
}

async function openTestGpu(): Promise<GpuContext> {
  const wanted = process.env.TAMA_TEST_ADAPTER;
  const gpu = await openDawn(wanted ? { adapter: wanted } : {});
  const opened = await requestGpu(gpu, { defaultLimits: true });
  opened.device.addEventListener('uncapturederror', ({ error }) => {
    throw new Error(`Uncaptured GPU error: ${error.message}`);
  });
  return opened;
}

/** Every combination of the kernel's flags that the adapter has, the plain one first; none if it needs what is not there. */
export function variantsOf(
  { source, flags }: { readonly source: string; readonly flags: readonly string[] },
  { subgroupMatrix, ...offered }: Features,
): Features[] {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a slot of the shader
  if (source.includes('${subgroupMatrix}')) return subgroupMatrix ? [{ ...offered, subgroupMatrix }] : [];
  const choices = (flag: keyof typeof offered) => (flags.includes(flag) && offered[flag] ? [false, true] : [false]);
  return choices('f16').flatMap((f16) => choices('subgroups').map((subgroups) => ({ f16, subgroups })));
}

export const variantName = ({ f16, subgroups, subgroupMatrix }: Features): string =>
  subgroupMatrix
    ? subgroupMatrixName(subgroupMatrix)
    : [f16 && 'f16', subgroups && 'subgroups'].filter(Boolean).join(' + ') || 'plain';

const guardBytes = 256;
const guardWord = 0xa5c3_5a3c;

type Typed = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/**
 * Runs a kernel once and returns what it left in the writable buffers. Every binding is followed by a guard region
 * that the shader could reach: a write past the end, or into an input, is an error.
 */
export async function runKernel<P extends Readonly<Record<string, number>>, B extends string>(
  spec: KernelSpec<P, B>,
  options: CompileOptions,
  buffers: Readonly<Record<B, Typed>>,
  params: P,
): Promise<Record<B, Typed>> {
  const { device } = await testGpu();
  const kernel: Kernel<P, B> = await compileKernel(device, spec, options);
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC;
  const made = Object.fromEntries(
    Object.entries<Typed>(buffers).map(([name, data]) => {
      const bytes = Math.ceil(data.byteLength / 16) * 16;
      const buffer = device.createBuffer({ label: name, size: bytes + guardBytes, usage, mappedAtCreation: true });
      const mapped = buffer.getMappedRange();
      new Uint32Array(mapped).fill(guardWord);
      new Uint8Array(mapped).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      buffer.unmap();
      return [name, buffer];
    }),
  ) as Record<B, GPUBuffer>;
  const recorder = new Recorder(device, spec.name);
  recorder.dispatch(kernel, made, params);
  const recording = recorder.finish();
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass({ label: kernel.label });
  recording.encode(pass);
  pass.end();
  device.queue.submit([encoder.finish()]);
  const results = {} as Record<B, Typed>;
  for (const [name, data] of Object.entries<Typed>(buffers)) {
    const after = await readBuffer(device, made[name as B]);
    const words = new Uint32Array(after);
    for (let i = Math.ceil(data.byteLength / 4); i < words.length; i++) {
      if (words[i] !== guardWord) throw new Error(`${kernel.label}: wrote past the end of '${name}' (word ${i})`);
    }
    const copy = after.slice(0, data.byteLength);
    if (spec.bindings[name as B].type === 'read-only-storage') continue;
    results[name as B] = data instanceof Float32Array ? new Float32Array(copy) : new Uint32Array(copy);
  }
  for (const buffer of Object.values<GPUBuffer>(made)) buffer.destroy();
  recording.dispose();
  return results;
}

/** The whole content of a buffer. */
export async function readBuffer(device: GPUDevice, buffer: GPUBuffer): Promise<ArrayBuffer> {
  const staging = device.createBuffer({ size: buffer.size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const content = staging.getMappedRange().slice(0);
  staging.destroy();
  return content;
}
