import { globSync } from 'node:fs';
import { type Cost, compileKernel, type GpuContext } from '@tama/kernels-wgsl';
import { type Bench, type BenchShape, variantsOf } from '@tama/kernels-wgsl/testing';
import { type Ceilings, higher, measureCeilings } from './ceilings.ts';
import { GpuTimer, least } from './gpu-timer.ts';
import { percent, type Row } from './report.ts';
import { UsageError } from './usage.ts';

export type KernelOptions = {
  /** Parts of a kernel's name, a shape's or a weight encoding's: only those that have all of them. */
  readonly filter: readonly string[];
  readonly rounds: number;
};

export type KernelRates = {
  readonly clock: GpuTimer['clock'];
  readonly ceilings: Ceilings;
  readonly kernels: readonly Row[];
};

/** How fast the kernels' `*.bench.ts` run in the variant that the adapter gets, beside what the adapter can do at most. @throws {UsageError} */
export async function measureKernels(context: GpuContext, { filter, rounds }: KernelOptions): Promise<KernelRates> {
  const { device, features } = context;
  const timer = new GpuTimer(context);
  const errors: string[] = [];
  device.addEventListener('uncapturederror', ({ error }) => errors.push(error.message));

  async function milliseconds(spec: Bench<never, string>['spec'], shape: BenchShape<never, string>): Promise<number> {
    const { weights, secondWeights } = shape;
    const options = { features, ...(weights && { weights }), ...(secondWeights && { secondWeights }) };
    const kernel = await compileKernel(device, spec, options);
    const entries = Object.entries(shape.buffers).map(([name, content]) => [name, fill(device, content)] as const);
    const timed = timer.prepare(kernel, Object.fromEntries(entries), shape.params);
    const times = await timed.measure(rounds);
    timed.dispose();
    for (const [, buffer] of entries) buffer.destroy();
    if (errors.length > 0) throw new Error(`${spec.name}, ${shape.name}: ${errors[0]}`);
    return least(times);
  }

  const cases: { spec: Bench<never, string>['spec']; shape: BenchShape<never, string> }[] = [];
  const root = `${import.meta.dirname}/..`;
  for (const path of globSync('packages/kernels-wgsl/src/*/*.bench.ts', { cwd: root }).sort()) {
    const { default: bench } = (await import(`../${path}`)) as { default: Bench<never, string> };
    if (variantsOf(bench.spec, features).length === 0) continue;
    for (const shape of bench.shapes(features)) {
      const title = `${bench.spec.name} ${shape.name} ${shape.weights?.name ?? ''}`;
      if (!filter.every((part) => title.includes(part))) continue;
      cases.push({ spec: bench.spec, shape });
    }
  }
  if (cases.length === 0)
    throw new UsageError(`--filter ${filter.join(' --filter ')} is part of no kernel, shape or encoding`);

  const before = await measureCeilings(context, timer);
  const times: { kernel: string; shape: string; ms: number; cost: Cost }[] = [];
  for (const { spec, shape } of cases) {
    const ms = await milliseconds(spec, shape);
    // Some are too short for the clock.
    if (ms > 0) times.push({ kernel: spec.name, shape: shape.name, ms, cost: shape.cost });
    process.stderr.write('.');
  }
  process.stderr.write('\n');

  const ceilings = higher(before, await measureCeilings(context, timer));
  const { matrixGigaflops } = ceilings;
  const kernels = times.map(({ kernel, shape, ms, cost }): Row => {
    const [gigabytes, gigaflops] = [cost.bytes / ms / 1e6, cost.flops / ms / 1e6];
    return {
      kernel,
      shape,
      ms,
      'GB/s': gigabytes,
      'of copy': percent(gigabytes / ceilings.gigabytesPerSecond),
      'GFLOP/s': gigaflops,
      'of multiply-add': percent(gigaflops / ceilings.gigaflops),
      ...(matrixGigaflops && {
        'of matrix products': kernel.startsWith('matmul') ? percent(gigaflops / matrixGigaflops) : '',
      }),
    };
  });
  return { clock: timer.clock, ceilings, kernels };
}

/** A buffer of finite numbers whatever they are read as: f32, f16 or bits. */
function fill(device: GPUDevice, content: number | Uint32Array | Float32Array): GPUBuffer {
  const bytes = typeof content === 'number' ? content : content.byteLength;
  // A binding that ends in an array of no elements still needs room for one.
  const size = Math.ceil((bytes + 16) / 16) * 16;
  const buffer = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE, mappedAtCreation: true });
  const words = new Uint32Array(buffer.getMappedRange());
  if (typeof content === 'number') {
    // Exponents near that of 1 in both halves, the other bits scattered.
    for (let i = 0; i < words.length; i++) words[i] = (Math.imul(i, 0x9e3779b1) & 0x83ff83ff) | 0x38003800;
  } else {
    words.set(new Uint32Array(content.buffer, content.byteOffset, content.byteLength / 4));
  }
  buffer.unmap();
  return buffer;
}
