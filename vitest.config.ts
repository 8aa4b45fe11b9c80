import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { findChromium } from './scripts/chromium.ts';
import { adapterEnvironment, softwareAdapters } from './scripts/vulkan.ts';

// Tests in Node resolve by the `ssr` conditions: without the first, they would run what was last built into dist.
const source = {
  resolve: { conditions: ['@tama/source'] },
  ssr: { resolve: { conditions: ['@tama/source', 'module', 'node'], externalConditions: ['@tama/source'] } },
};
// What is waited for comes, or never does: the default of one second is what a busy machine can take to turn to us.
const patient = { expect: { poll: { timeout: 60_000 } } };

const elsewhere = ['**/node_modules/**', '**/dist/**', '**/out/**'];

// Tests that measure memory collect garbage first.
const inProcess = { ...patient, pool: 'forks' as const, execArgv: ['--expose-gc'] };

const onGpu = { ...inProcess, exclude: elsewhere };

/** Tests on a GPU: on Linux once on each software adapter, which differ in f16 and subgroup size; else on the machine's own. */
const gpu = (name: string, env: Record<string, string>) => ({
  ...source,
  test: {
    ...onGpu,
    name,
    include: ['{packages,apps,bench}/**/*.gpu.test.ts'],
    env,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});

/** The kernels that subgroups compute together in, once more with more lanes than llvmpipe's 8 and SwiftShader's 4. */
const largerSubgroups = {
  ...source,
  test: {
    ...gpu('subgroups of 16', adapterEnvironment('llvmpipe', 16)).test,
    include: [
      'packages/kernels-wgsl/src/{matvec,matmul-small,attention-prefill}/*.gpu.test.ts',
      'packages/kernels-wgsl/src/{rmsnorm,residual-norms,logprobs-partial,testing}/*.gpu.test.ts',
    ],
  },
};

/** Another implementation of WebGPU: Deno has Firefox's. */
const deno = {
  ...source,
  test: {
    ...gpu('deno', process.platform === 'linux' ? adapterEnvironment('llvmpipe') : {}).test,
    include: ['packages/**/*.deno.test.ts'],
  },
};

const gpuProjects =
  process.platform === 'linux'
    ? [...softwareAdapters.map((adapter) => gpu(adapter, adapterEnvironment(adapter))), largerSubgroups, deno]
    : [gpu('gpu', {}), deno];

const chromium = findChromium();

export default defineConfig({
  ...source,
  test: {
    // A process that held gigabytes on a software adapter takes a while to end.
    teardownTimeout: 60_000,
    maxWorkers: Math.max(1, availableParallelism()),
    projects: [
      {
        ...source,
        test: {
          ...inProcess,
          name: 'unit',
          include: ['{packages,apps,bench,scripts}/**/*.test.{ts,tsx}'],
          exclude: [...elsewhere, ...['gpu', 'deno', 'browser', 'scale'].map((kind) => `**/*.${kind}.test.ts`)],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      ...gpuProjects,
      {
        ...source,
        test: {
          ...onGpu,
          name: 'scale',
          include: ['packages/**/*.scale.test.ts'],
          env: process.platform === 'linux' ? adapterEnvironment('llvmpipe') : {},
          // Models of full size: one at a time, after everything else.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      },
      {
        ...source,
        test: {
          ...patient,
          name: 'browser',
          include: ['{packages,apps}/**/*.browser.test.ts'],
          exclude: elsewhere,
          env: chromium ? { TAMA_CHROMIUM: chromium } : {},
          // One Chromium at a time, after everything else: it computes on the same few cores.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
