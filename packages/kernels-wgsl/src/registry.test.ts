import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adapterFeatures, requestAdapter } from './device.ts';
import { ShaderCompileError } from './errors.ts';
import { type CompileOptions, compileKernel, type KernelSpec } from './kernel.ts';
import { openDawn } from './node.ts';
import { kernels } from './registry.ts';
import { subgroupMatrixFeature } from './subgroup-matrix.ts';
import { type Bench, knownSubgroupMatrices, variantName, variantsOf } from './testing/index.ts';
import { weightFormats } from './weights/weight-formats.ts';

// Dawn's null backend validates shaders and pipelines against the default limits, and needs no adapter. It lists no products
// of matrices, hence takes all.
const gpu = await openDawn({ nullBackend: true });
const adapter = await requestAdapter(gpu);
const features = adapterFeatures(gpu, adapter);
const device = await adapter.requestDevice({ requiredFeatures: ['shader-f16', 'subgroups', subgroupMatrixFeature] });
const products = knownSubgroupMatrices.map((subgroupMatrix) => ({ ...features, subgroupMatrix }));
const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');

it('knows every kernel there is', () => {
  const folders = readdirSync(import.meta.dirname).filter((name) => {
    const shader = join(import.meta.dirname, name, `${name}.wgsl`);
    return existsSync(shader) && readFileSync(shader, 'utf8').includes('@compute');
  });
  expect(Object.keys(kernels).sort()).toEqual(folders.sort());
});

it('compiles against the default limits', async () => {
  expect(features).toEqual({ f16: true, subgroups: true });
  const tooWide = compileKernel(device, kernels.geglu, { features, constants: { WORKGROUP: 257 } });
  await expect(tooWide).rejects.toThrow(ShaderCompileError);
  const [product] = products;
  const options = { features: product!, weights: weightFormats.f32 };
  const notOfSubgroups = compileKernel(device, kernels['matmul-subgroup-matrix'], {
    ...options,
    constants: { WORKGROUP: 64 },
  });
  await expect(notOfSubgroups).rejects.toThrow('maxSubgroupSize');
});

describe.each(Object.entries(kernels))('%s', (name, kernel) => {
  const spec = kernel as unknown as KernelSpec<never, string>;
  const folder = join(import.meta.dirname, name);
  const takesWeights = /\$\{weights\}/.test(spec.source);
  const takesProduct = /\$\{subgroupMatrix\}/.test(spec.source);
  const variants = takesProduct ? products : variantsOf(spec, features);

  it('has its name and its test', () => {
    expect(spec.name).toBe(name);
    expect(existsSync(join(folder, `${name}.gpu.test.ts`))).toBe(true);
  });

  it('has a row with its variants in the README', () => {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
    const listed = [...spec.flags, ...(takesProduct ? ['subgroup matrix'] : []), ...(takesWeights ? ['weights'] : [])];
    expect(row?.split('|')[3]?.trim()).toBe(listed.join(', '));
  });

  it('has a bench that gives every binding', async () => {
    const { default: bench } = (await import(join(folder, `${name}.bench.ts`))) as { default: Bench<never, string> };
    expect(bench.spec).toBe(kernel);
    for (const variant of variants) {
      for (const shape of bench.shapes(variant)) {
        expect(Object.keys(shape.buffers).sort()).toEqual(Object.keys(spec.bindings).sort());
        expect(shape.cost.bytes).toBeGreaterThan(0);
      }
    }
  });

  // Dawn zeroes a variable without an initial value once, not in every turn of the loop it is declared in, as WGSL says.
  it('declares no variable in a loop without an initial value', () => {
    const loops: number[] = []; // the depths at which one began
    let depth = 0;
    for (const line of spec.source.split('\n')) {
      if (loops.length > 0) expect(line).not.toMatch(/\bvar \w+: [^=]*;/);
      if (/\b(for|while|loop)\b.*\{\s*(\/\/.*)?$/.test(line)) loops.push(depth);
      depth += line.split('{').length - line.split('}').length;
      while (loops.length > 0 && depth <= loops.at(-1)!) loops.pop();
    }
    expect(depth).toBe(0);
  });

  it('binds at most eight storage buffers, and its parameters last', () => {
    const bindings = Object.values(spec.bindings).map(({ binding }) => binding);
    expect(bindings.length).toBeLessThanOrEqual(8);
    expect(spec.layout.binding).toBe(Math.max(...bindings) + 1);
  });

  const weights: CompileOptions['weights'][] = takesWeights ? Object.values(weightFormats) : [undefined];
  it.each(
    variants.flatMap((variant) =>
      weights.map((format) => [variantName(variant), format?.name ?? 'no weights', variant, format] as const),
    ),
  )('compiles: %s, %s', async (_, _format, variant, format) => {
    const { label } = await compileKernel(device, spec, { features: variant, ...(format ? { weights: format } : {}) });
    expect(label.split(' ')[0]).toBe(name);
  });
});
