import { type GpuContext, GpuMemory, gatedMatvec, matvec, normedMatvec, weightFormats } from '@tama/kernels-wgsl';
import { packMatrix, randomMatrix } from '@tama/kernels-wgsl/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import type { LoadOptions, ModelInfo } from '../engine.ts';
import type { VectorKernelName } from '../gemma2/gpu-kernels.ts';
import { GpuModel } from '../gemma2/gpu-model.ts';
import { sharedGpu } from '../shared-gpu.ts';
import { expectGoldenDecode } from '../testing/decode-golden.ts';
import { drawTimes } from '../testing/drawn-times.ts';
import { type GoldenModel, goldenModels, maxDifference } from '../testing/goldens.ts';
import { loadGolden, testGpu } from '../testing/load.ts';
import type { TuningOptions } from './decide.ts';
import type { Constants } from './measure-runs.ts';
import { measureVariants, type VectorKernelSpec } from './measure-variants.ts';
import type { Tuned } from './tune-chunk.ts';
import type { TuningStore } from './tuning-store.ts';

const named = (wanted: string) => goldenModels.find(({ name }) => name === wanted) as GoldenModel;
const model = named('tiny/gguf/tiny-q4_0.gguf');

afterEach(() => vi.restoreAllMocks());

/** Keeps what is written, and counts how often. */
function memoryStore(content?: unknown): TuningStore & { content: unknown; writes: number } {
  return {
    content,
    writes: 0,
    async read() {
      return this.content;
    },
    async write(value) {
      this.content = value;
      this.writes++;
    },
  };
}

/** Loads the model, checks that it decodes to its goldens, and tells what was tuned. */
async function tunedIn(options: LoadOptions): Promise<NonNullable<ModelInfo['tuned']>> {
  const engine = await loadGolden(model, { device: 'f32', prefillChunk: 1, ...options });
  const logits = await engine.logits(model.tokens, model.positions);
  await engine.close();
  expect(maxDifference(logits, await model.logits())).toBeLessThan(2e-3);
  return engine.info.tuned!;
}

async function tunedBy(gpu: GpuContext, tuning: TuningOptions): Promise<readonly Tuned[]> {
  const checkpoint = await openCheckpoint(await model.open());
  const loaded = await GpuModel.load(gpu, checkpoint, {
    context: 32,
    prefillChunk: 16,
    embeddingScale: 'exact',
    tuning,
  });
  loaded.dispose();
  await checkpoint.close();
  return loaded.tuned;
}

it('measures when asked to, keeps the choice, and does not measure again', async () => {
  drawTimes();
  const store = memoryStore();
  const measured = await tunedIn({ tuning: 'now', tuningStore: store });
  expect(measured.length).toBeGreaterThan(2);
  for (const { constants, variants } of measured) {
    expect(variants.length).toBeGreaterThan(0);
    expect(variants.map((variant) => variant.constants)).toContainEqual(constants);
  }
  // What computes norms and product at once agreed with what computes them apart.
  const normed = measured.filter(({ kernel }) => kernel.startsWith('normed'));
  expect(normed.map(({ kernel }) => kernel)).toEqual(['normed-matvec', 'normed-gated-matvec']);
  for (const { variants } of normed) expect(variants.length).toBeGreaterThan(1);
  expect(store.writes).toBe(2);

  const kept = await tunedIn({ tuningStore: store });
  expect(kept).toEqual(measured.map((one) => ({ ...one, variants: [] })));
  expect(store.writes).toBe(2);
  expect(await tunedIn({ tuning: 'off', tuningStore: store })).toEqual([]);
});

it('by itself measures nothing on a software adapter', async () => {
  const store = memoryStore();
  expect(await tunedIn({ tuningStore: store })).toEqual([]);
  expect(store.writes).toBe(0);
});

/** Keeps a choice for every shape of the two kernels, on whatever adapter. */
const keeping = (choices: Readonly<Partial<Record<VectorKernelName | 'normed', unknown>>>): TuningStore => ({
  read: async () => new Proxy({}, { get: (_, key) => choices[String(key).split(' ')[0] as VectorKernelName] }),
  write: () => Promise.reject(new Error('nothing was measured')),
});

/** What the label of a kernel says of such constants on the adapter under test. */
async function shownAs({ constants, tune }: VectorKernelSpec, chosen: Constants): Promise<string> {
  const { device } = await sharedGpu(await testGpu(), true);
  const defaults: Constants = { ...constants, ...tune?.(device.adapterInfo) };
  const others = Object.entries(chosen).filter(([name, value]) => value !== defaults[name]);
  return others.map(([name, value]) => `${name}=${value}`).join(' ');
}

// Every candidate of one, each beside one of the other.
const [alone, paired] = [matvec.candidates!, gatedMatvec.candidates!];
const choices = Array.from({ length: Math.max(alone.length, paired.length) }, (_, i) => ({
  matvec: alone[i % alone.length]!,
  gatedMatvec: paired[i % paired.length]!,
}));

// Without and with what else the adapter has; and two encodings at once, whose kernel takes seconds to compile.
describe.each([
  { golden: model, device: 'f32', kept: choices, names: ['matvec', 'gated-matvec'] },
  { golden: named('small/gguf/small-q8_0.gguf'), device: 'auto', kept: choices, names: ['matvec', 'gated-matvec'] },
  {
    golden: named('small/gguf/small-q4_k_m.gguf'),
    device: 'auto',
    kept: [choices[1]!, choices.at(-1)!],
    names: ['matvec', 'stacked-matvec', 'gated-matvec'],
  },
] as const)('decoding $golden.name in $device', ({ golden, device, kept, names }) => {
  it.each(kept)('has the golden logits by $matvec and $gatedMatvec', async (choice) => {
    const engine = await loadGolden(golden, { device, prefillChunk: 32, tuningStore: keeping(choice) });
    await expectGoldenDecode(engine, golden);
    for (const { kernel, constants } of engine.info.tuned!) {
      expect(constants).toEqual(kernel === 'matvec' ? choice.matvec : choice.gatedMatvec);
    }
    const used = engine.model.dispatches(1).filter((label) => label.includes('matvec'));
    await engine.close();
    const shown = [await shownAs(matvec, choice.matvec), await shownAs(gatedMatvec, choice.gatedMatvec)] as const;
    expect(new Set(used.map((label) => label.split(' ')[0]))).toEqual(new Set(names));
    for (const label of used) {
      expect(label.match(/[A-Z]+=.*/)?.[0] ?? '').toBe(label.startsWith('gated') ? shown[1] : shown[0]);
    }
  });
});

// Every candidate, and of larger models one that software adapters are quick with.
const [soon] = normedMatvec.candidates!.filter(({ WORKGROUP }) => WORKGROUP === 8);
describe.each([
  { golden: model, device: 'f32', kept: normedMatvec.candidates!, apart: 0 },
  { golden: named('small/gguf/small-q8_0.gguf'), device: 'auto', kept: [soon!], apart: 0 },
  // In layers with v in another encoding, two matrices are multiplied by at once, and norms stay apart.
  { golden: named('small/gguf/small-q4_k_m.gguf'), device: 'auto', kept: [soon!], apart: 2 },
] as const)('the norms of $golden.name within products in $device', ({ golden, device, kept, apart }) => {
  it.each(kept)('give the golden logits by %o', async (normed) => {
    const engine = await loadGolden(golden, { device, prefillChunk: 32, tuningStore: keeping({ normed }) });
    await expectGoldenDecode(engine, golden);
    const labels = engine.model.dispatches(1).map((label) => label.split(' ')[0]);
    const count = (name: string) => labels.filter((label) => label === name).length;
    const { layers } = engine.model.config;
    await engine.close();
    // The first layer's norm has no sandwich before it, the last sandwich is followed by the head.
    expect(count('rmsnorm')).toBe(1);
    expect(count('residual-norms')).toBe(1 + apart);
    expect(count('normed-gated-matvec')).toBe(layers);
    expect(count('normed-matvec')).toBe(layers - 1 - apart);
    expect(labels).toHaveLength(6 * layers + apart + 6);
  });
});

it('ignores a choice that is none', async () => {
  const context = await sharedGpu(await testGpu(), true);
  for (const wrong of [{ WORKGROUP: 3, ROWS: 16, SHARED: 0 }, { WORKGROUP: 64 }, 'x', null]) {
    const store = keeping({ matvec: wrong, gatedMatvec: wrong });
    expect(await tunedBy(context, { mode: 'auto', store })).toEqual([]);
  }
});

it('measures by itself, once, on an adapter of hardware, but not where the choice cannot be kept', async () => {
  drawTimes();
  const context = await sharedGpu(await testGpu(), true);
  // The fields of an adapter's info are getters of its prototype.
  const { vendor, architecture, device, description } = context.info;
  const info = { vendor, architecture, device, description, isFallbackAdapter: false } as GPUAdapterInfo;
  const hardware: GpuContext = { ...context, info };
  const store = memoryStore();
  const measured = await tunedBy(hardware, { mode: 'auto', store });
  expect(measured.length).toBeGreaterThan(2);
  expect(measured.every(({ variants }) => variants.length > 0)).toBe(true);
  expect((await tunedBy(hardware, { mode: 'auto', store })).every(({ variants }) => variants.length === 0)).toBe(true);
  expect(store.writes).toBe(3); // decode's kernels, norms and prefill's
  const full = { ...memoryStore(), write: () => Promise.reject(new Error('no space')) };
  expect(await tunedBy(hardware, { mode: 'auto', store: full })).toEqual([]);
  expect(await tunedBy(hardware, { mode: 'auto', store: undefined })).toEqual([]);
  expect(await tunedBy(hardware, { mode: 'now', store: undefined })).toHaveLength(measured.length);
});

it.each([true, false])(
  'leaves out a variant that computes something else or does not compile, timestamps %s',
  async (timestamps) => {
    const gpu = await sharedGpu(await testGpu(), true);
    const context = { ...gpu, timestamps: gpu.timestamps && timestamps };
    const { device, features } = context;
    const [rows, columns, format] = [64, 256, weightFormats.q4_0];
    const planes = packMatrix(format, randomMatrix(format, 1, rows, columns), rows, columns);
    const memory = new GpuMemory(device, 'test');
    const [weights, scales] = [planes.weights, planes.scales].map((content) => {
      const buffer = memory.storage('plane', content.byteLength);
      device.queue.writeBuffer(buffer, 0, content);
      return buffer;
    }) as [GPUBuffer, GPUBuffer];
    const spec = {
      ...matvec,
      name: 'matvec with a fault',
      source: matvec.source
        .replace('override ROWS', 'override FAULT: f32 = 1;\noverride ROWS')
        .replace(/= partialSums\[/g, '= FAULT * partialSums['),
      candidates: [
        { WORKGROUP: 64, ROWS: 8, FAULT: 1 },
        { WORKGROUP: 32, ROWS: 8, FAULT: 1.001 },
        { WORKGROUP: 16, ROWS: 8, FAULT: 0 },
        { WORKGROUP: 1024, ROWS: 8, FAULT: 1 },
      ],
    };
    expect(spec.source).toContain('FAULT * ');
    const workload = { rows, columns, parts: [{ weights, scales }] };
    const variants = await measureVariants(context, spec, { features, weights: format }, workload, 60_000);
    const standard = device.adapterInfo.isFallbackAdapter ? 8 : 128;
    expect(variants.map(({ constants }) => constants.WORKGROUP)).toEqual([standard, 64]);
    for (const { milliseconds } of variants) expect(milliseconds).toBeGreaterThan(0);
    memory.dispose();
  },
);
