import { type Cost, compileKernel, type GpuContext, type KernelSpec } from '@tama/kernels-wgsl';
import { type GpuTimer, least } from './gpu-timer.ts';

/** What an adapter can do at most, as simple shaders show it: what kernels are compared with. */
export type Ceilings = {
  readonly gigabytesPerSecond: number;
  readonly gigaflops: number;
  /** Of halves, where the adapter has them. */
  readonly halfGigaflops?: number;
};

const MIB = 2 ** 20;

// One vec4 an invocation, read and written.
const copy: KernelSpec<{ count: number }, 'from' | 'to'> = {
  name: 'copy',
  source: `
struct Params { count: u32 }
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> copied: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.count; i += groups.x * 256) { copied[i] = source[i]; }
}`,
  flags: [],
  layout: { binding: 2, size: 16, fields: [{ name: 'count', offset: 0, type: 'u32' }] },
  bindings: { from: { binding: 0, type: 'read-only-storage' }, to: { binding: 1, type: 'storage' } },
  constants: {},
  workgroups: () => [1024],
};

// Eight chains of vec4 multiply-adds an invocation, all in registers.
const multiplyAdd = (scalar: 'f32' | 'f16'): KernelSpec<{ count: number }, 'to'> => ({
  name: `multiply-add ${scalar}`,
  source: `
${scalar === 'f16' ? 'enable f16;' : ''}
alias V = vec4<${scalar}>;
struct Params { count: u32 }
@group(0) @binding(0) var<storage, read_write> results: array<vec4f>;
@group(0) @binding(1) var<uniform> params: Params;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let factor = V(${scalar}(0.999 - 1e-9 * f32(id.x)));
  var sums: array<V, 8>;
  for (var j = 0u; j < 8; j++) { sums[j] = V(${scalar}((id.x + j) % 64)); }
  for (var i = 0u; i < params.count; i++) {
    for (var j = 0u; j < 8; j++) { sums[j] = fma(sums[j], factor, V(0.5)); }
  }
  var total = V();
  for (var j = 0u; j < 8; j++) { total += sums[j]; }
  results[id.x] = vec4f(total);
}`,
  flags: [],
  layout: { binding: 1, size: 16, fields: [{ name: 'count', offset: 0, type: 'u32' }] },
  bindings: { to: { binding: 0, type: 'storage' } },
  constants: {},
  workgroups: () => [1024],
});

/** Measures them: a copy of 128 MiB, more than caches hold, and multiply-adds in registers. */
export async function measureCeilings({ device, features: has }: GpuContext, timer: GpuTimer): Promise<Ceilings> {
  const features = { f16: false, subgroups: false };
  const usage = GPUBufferUsage.STORAGE;
  const size = 128 * MIB;
  const [from, to] = [0, 1].map(() => device.createBuffer({ size, usage })) as [GPUBuffer, GPUBuffer];
  const rate = (cost: Cost, key: keyof Cost, milliseconds: number): number => cost[key] / milliseconds / 1e6;

  const copied = timer.prepare(await compileKernel(device, copy, { features }), { from, to }, { count: size / 16 });
  const gigabytesPerSecond = rate({ bytes: 2 * size, flops: 0 }, 'bytes', least(await copied.measure(4)));
  copied.dispose();

  const multiply = async (scalar: 'f32' | 'f16'): Promise<number> => {
    const rounds = 256;
    const kernel = await compileKernel(device, multiplyAdd(scalar), { features });
    const multiplied = timer.prepare(kernel, { to }, { count: rounds });
    const flops = 1024 * 64 * rounds * 8 * 4 * 2;
    const gigaflops = rate({ bytes: 0, flops }, 'flops', least(await multiplied.measure(4)));
    multiplied.dispose();
    return gigaflops;
  };
  const gigaflops = await multiply('f32');
  const ceilings = { gigabytesPerSecond, gigaflops, ...(has.f16 ? { halfGigaflops: await multiply('f16') } : {}) };
  for (const buffer of [from, to]) buffer.destroy();
  return ceilings;
}

/** The higher of two measurements, of which either may have been disturbed. */
export const higher = (a: Ceilings, b: Ceilings): Ceilings => ({
  gigabytesPerSecond: Math.max(a.gigabytesPerSecond, b.gigabytesPerSecond),
  gigaflops: Math.max(a.gigaflops, b.gigaflops),
  ...(a.halfGigaflops && b.halfGigaflops ? { halfGigaflops: Math.max(a.halfGigaflops, b.halfGigaflops) } : {}),
});
