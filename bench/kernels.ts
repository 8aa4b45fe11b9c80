import { globSync } from 'node:fs';
import { type Cost, compileKernel, type GpuContext } from '@tama/kernels-wgsl';
import { type Bench, type BenchShape, variantsOf } from '@tama/kernels-wgsl/testing';
import { type Ceilings, higher, measureCeilings } from './ceilings.ts';
import { GpuTimer } from './gpu-timer.ts';
import { percent, type Row } from './report.ts';
import { UsageError } from './usage.ts';

export type KernelOptions = {
  /** Parts of a kernel's name, a shape's or a weight encoding's: only those that have all of them. */
  readonly filter: readonly string[];
  readonly rounds: number;
};

/** They are measured twice, and take long on a software adapter. */
const mostCeilingRounds = 4;

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
    const sets = new BufferSets(device, shape.buffers);
    const ms = await timer.least(kernel, (i) => sets.at(i), shape.params, rounds);
    sets.dispose();
    if (errors.length > 0) throw new Error(`${spec.name}, ${shape.name}: ${errors[0]}`);
    return ms;
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

  const ceilingsNow = () => measureCeilings(context, timer, Math.min(rounds, mostCeilingRounds));
  const before = await ceilingsNow();
  const times: { kernel: string; shape: string; ms: number; cost: Cost }[] = [];
  for (const { spec, shape } of cases) {
    const ms = await milliseconds(spec, shape);
    // Not where timestamps do not go on.
    if (ms > 0) times.push({ kernel: spec.name, shape: shape.name, ms, cost: shape.cost });
    process.stderr.write('.');
  }
  process.stderr.write('\n');

  const ceilings = higher(before, await ceilingsNow());
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

/** A model goes through its weights once a token: none of them are in a cache, unless all are. */
const cached = 128 * 2 ** 20;
const mostSets = 64;

/** The buffers of a shape, in as many equal sets as no cache holds, made as they are needed. */
class BufferSets<B extends string> {
  readonly #device: GPUDevice;
  readonly #contents: BenchShape<never, B>['buffers'];
  readonly #sets: Record<string, GPUBuffer>[] = [];
  readonly #most: number;

  constructor(device: GPUDevice, contents: BenchShape<never, B>['buffers']) {
    this.#device = device;
    this.#contents = contents;
    const bytes = Object.values<Content>(contents).reduce((sum: number, content) => sum + bytesOf(content), 0);
    this.#most = Math.min(mostSets, Math.ceil(cached / bytes));
  }

  /** For run `i`. */
  at(i: number): Record<B, GPUBuffer> {
    const at = i % this.#most;
    this.#sets[at] ??= at === 0 ? this.#filled() : this.#copied();
    return this.#sets[at];
  }

  dispose(): void {
    for (const buffer of this.#sets.flatMap((set) => Object.values(set))) buffer.destroy();
  }

  #filled(): Record<string, GPUBuffer> {
    const entries = Object.entries<Content>(this.#contents);
    return Object.fromEntries(entries.map(([name, content]) => [name, fill(this.#device, content)]));
  }

  #copied(): Record<string, GPUBuffer> {
    const encoder = this.#device.createCommandEncoder();
    const entries = Object.entries(this.#sets[0]!).map(([name, first]) => {
      const { size, usage } = first;
      const buffer = this.#device.createBuffer({ size, usage });
      encoder.copyBufferToBuffer(first, 0, buffer, 0, size);
      return [name, buffer] as const;
    });
    this.#device.queue.submit([encoder.finish()]);
    return Object.fromEntries(entries);
  }
}

type Content = number | Uint32Array | Float32Array;

const bytesOf = (content: Content): number => (typeof content === 'number' ? content : content.byteLength);

/** A buffer of finite numbers whatever they are read as: f32, f16 or bits. */
function fill(device: GPUDevice, content: Content): GPUBuffer {
  // A binding that ends in an array of no elements still needs room for one.
  const size = Math.ceil((bytesOf(content) + 16) / 16) * 16;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = device.createBuffer({ size, usage, mappedAtCreation: true });
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
