import {
  compileKernel,
  type Features,
  type GpuContext,
  type KernelSpec,
  matmulSubgroupMatrix,
} from '@tama/kernels-wgsl';
import type { GpuTimer } from './gpu-timer.ts';

/** What an adapter can do at most, as simple shaders show it: what kernels are compared with. */
export type Ceilings = {
  readonly gigabytesPerSecond: number;
  readonly gigaflops: number;
  /** Of halves, where the adapter has them. */
  readonly halfGigaflops?: number;
  /** Of the products of small matrices that a subgroup has instructions for, where the adapter has them. */
  readonly matrixGigaflops?: number;
};

const MIB = 2 ** 20;
const workgroups = 1024;
/** Below this much time of a dispatch, starting it would count. */
const longEnough = 2;

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

// Eight chains of vec4 multiply-adds an invocation, all in registers: `count` times 64 operations.
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
  workgroups: () => [workgroups],
});

/**
 * Eight products of matrices in turn, all in registers, `count` times in all among the subgroups of a workgroup: what
 * `matmul-subgroup-matrix` could do if it read nothing.
 */
export const matrixProducts: KernelSpec<{ count: number }, 'to'> = {
  name: 'matrix products',
  source: `
enable subgroups;
enable chromium_experimental_subgroup_matrix;
requires subgroup_id;
\${subgroupMatrix}
const ROWS = 2u;
const COLUMNS = 4u;
const STRIDE = K;
struct Params { count: u32 }
@group(0) @binding(0) var<storage, read_write> blocks: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;
override WORKGROUP: u32 = 256;
var<workgroup> left: array<Component, ROWS * M * K>;
var<workgroup> right: array<Component, COLUMNS * N * K>;
@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(num_subgroups) subgroups: u32,
) {
  for (var i = local; i < ROWS * M * K; i += WORKGROUP) { left[i] = Component(f32(i % 7) / 64); }
  for (var i = local; i < COLUMNS * N * K; i += WORKGROUP) { right[i] = Component(f32(i % 5) / 64); }
  workgroupBarrier();
  var x = array<Left, ROWS>();
  var w = array<Right, COLUMNS>();
  for (var r = 0u; r < ROWS; r++) {
    let corner = r * M * STRIDE;
    x[r] = subgroupMatrixLoad<Left, row_major>(&left, corner, STRIDE);
  }
  for (var c = 0u; c < COLUMNS; c++) {
    let corner = c * N * STRIDE;
    w[c] = subgroupMatrixLoad<Right, col_major>(&right, corner, STRIDE);
  }
  var sums = array<array<Sums, COLUMNS>, ROWS>();
  for (var i = subgroup; i < params.count; i += subgroups) {
    for (var r = 0u; r < ROWS; r++) {
      for (var c = 0u; c < COLUMNS; c++) { sums[r][c] = subgroupMatrixMultiplyAccumulate(x[r], w[c], sums[r][c]); }
    }
  }
  let first = (group.x * subgroups + subgroup) * ROWS * COLUMNS;
  for (var r = 0u; r < ROWS; r++) {
    for (var c = 0u; c < COLUMNS; c++) {
      subgroupMatrixStore<row_major>(&blocks, (first + r * COLUMNS + c) * M * N, sums[r][c], N);
    }
  }
}`,
  flags: [],
  layout: { binding: 1, size: 16, fields: [{ name: 'count', offset: 0, type: 'u32' }] },
  bindings: { to: { binding: 0, type: 'storage' } },
  constants: matmulSubgroupMatrix.constants,
  tune: matmulSubgroupMatrix.tune!,
  workgroups: () => [workgroups],
};

/** Measures them: a copy of 128 MiB, more than caches hold, and arithmetic in registers. */
export async function measureCeilings(
  { device, features }: GpuContext,
  timer: GpuTimer,
  rounds: number,
): Promise<Ceilings> {
  const plain: Features = { f16: false, subgroups: false };
  const usage = GPUBufferUsage.STORAGE;
  const size = 128 * MIB;
  const [from, to] = [0, 1].map(() => device.createBuffer({ size, usage })) as [GPUBuffer, GPUBuffer];

  const copying = await compileKernel(device, copy, { features: plain });
  const copied = await timer.least(copying, () => ({ from, to }), { count: size / 16 }, rounds);
  const gigabytesPerSecond = (2 * size) / copied / 1e6;

  /** Does ever more, from `count` times `flops` on, until it takes long enough. */
  const gigaflopsOf = async (
    spec: typeof matrixProducts,
    has: Features,
    flops: number,
    count: number,
  ): Promise<number> => {
    const kernel = await compileKernel(device, spec, { features: has });
    const milliseconds = await timer.least(kernel, () => ({ to }), { count }, rounds);
    const isLong = milliseconds >= longEnough || count >= 2 ** 20;
    return isLong ? (flops * count) / milliseconds / 1e6 : gigaflopsOf(spec, has, flops, 4 * count);
  };
  const multiply = (scalar: 'f32' | 'f16') => gigaflopsOf(multiplyAdd(scalar), plain, workgroups * 64 * 64, 256);
  const gigaflops = await multiply('f32');
  const halfGigaflops = features.f16 ? await multiply('f16') : undefined;
  const { M = 0, N = 0, K = 0 } = features.subgroupMatrix ?? {};
  const matrixGigaflops = features.subgroupMatrix
    ? await gigaflopsOf(matrixProducts, features, workgroups * 8 * 2 * M * N * K, 64)
    : undefined;
  for (const buffer of [from, to]) buffer.destroy();
  return {
    gigabytesPerSecond,
    gigaflops,
    ...(halfGigaflops && { halfGigaflops }),
    ...(matrixGigaflops && { matrixGigaflops }),
  };
}

/** The higher of two measurements on one adapter, of which either may have been disturbed. */
export const higher = (a: Ceilings, b: Ceilings): Ceilings => {
  const rates = Object.entries(a).map(([name, rate]) => [name, Math.max(rate, b[name as keyof Ceilings] ?? 0)]);
  return Object.fromEntries(rates) as Ceilings;
};

/** The ceiling of products of many rows, and what it is of: the instructions for matrices count where there are some. */
export const productCeiling = ({ gigaflops, matrixGigaflops }: Ceilings) =>
  matrixGigaflops === undefined
    ? { name: 'multiply-add', gigaflops }
    : { name: 'matrix products', gigaflops: matrixGigaflops };
