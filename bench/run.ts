/**
 * How fast the kernels are, beside what a plain copy and plain multiply-adds reach on the same adapter. Runs what the
 * kernels' `*.bench.ts` list, in the variant that the adapter gets.
 *
 *   node --conditions=@tama/source bench/run.ts [--adapter NAME] [--filter TEXT] [--plain] [--rounds N] [--save]
 *
 * The filter is part of a kernel's name, a shape's or a weight encoding's, e.g. `--filter matvec --filter q4_0`.
 */
import { globSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compileKernel, requestGpu } from '@tama/kernels-wgsl';
import { openDawn } from '@tama/kernels-wgsl/node';
import type { Bench, BenchShape } from '@tama/kernels-wgsl/testing';
import { measureCeilings } from './ceilings.ts';
import { GpuTimer, least } from './gpu-timer.ts';
import { environment, save, table } from './report.ts';

const { values } = parseArgs({
  options: {
    adapter: { type: 'string' },
    filter: { type: 'string', multiple: true, default: [] },
    plain: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '10' },
    save: { type: 'boolean', default: false },
  },
});

const gpu = await openDawn(values.adapter ? { adapter: values.adapter } : {});
const context = await requestGpu(gpu, { plain: values.plain });
const { device, features, info } = context;
const timer = new GpuTimer(context);

/** A buffer of finite numbers whatever they are read as: f32, f16 or bits. */
function fill(content: number | Uint32Array | Float32Array): GPUBuffer {
  const bytes = typeof content === 'number' ? content : content.byteLength;
  const size = Math.max(16, Math.ceil(bytes / 16) * 16);
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

async function milliseconds(spec: Bench<never, string>['spec'], shape: BenchShape<never, string>): Promise<number> {
  const kernel = await compileKernel(device, spec, { features, ...(shape.weights ? { weights: shape.weights } : {}) });
  const entries = Object.entries(shape.buffers).map(([name, content]) => [name, fill(content)] as const);
  const timed = timer.prepare(kernel, Object.fromEntries(entries), shape.params);
  const times = await timed.measure(Number(values.rounds));
  timed.dispose();
  for (const [, buffer] of entries) buffer.destroy();
  return least(times);
}

const ceilings = await measureCeilings(context, timer);
const rows: Record<string, string | number>[] = [];
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
for (const path of globSync('packages/kernels-wgsl/src/*/*.bench.ts', { cwd: `${import.meta.dirname}/..` }).sort()) {
  const { default: bench } = (await import(`../${path}`)) as { default: Bench<never, string> };
  for (const shape of bench.shapes(features)) {
    const title = `${bench.spec.name} ${shape.name} ${shape.weights?.name ?? ''}`;
    if (!values.filter.every((part) => title.includes(part))) continue;
    const ms = await milliseconds(bench.spec, shape);
    const [gigabytes, gigaflops] = [shape.cost.bytes / ms / 1e6, shape.cost.flops / ms / 1e6];
    rows.push({
      kernel: bench.spec.name,
      shape: shape.name,
      ms,
      'GB/s': gigabytes,
      'of copy': percent(gigabytes / ceilings.gigabytesPerSecond),
      'GFLOP/s': gigaflops,
      'of multiply-add': percent(gigaflops / ceilings.gigaflops),
    });
    process.stderr.write('.');
  }
}
process.stderr.write('\n');
const adapter = info.description || info.device;
console.log(
  `${adapter}: copy ${ceilings.gigabytesPerSecond.toFixed(1)} GB/s, multiply-add ${ceilings.gigaflops.toFixed(0)} GFLOP/s, ${timer.clock}, least of ${values.rounds}\n`,
);
console.log(table(rows));
if (values.save) {
  const name = (values.adapter ?? adapter).toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  await save(name, { ...environment(adapter), clock: timer.clock, features, ceilings, kernels: rows });
}
process.exit();
