import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { findChromium } from './scripts/chromium.ts';
import { adapterEnvironment, softwareAdapters } from './scripts/vulkan.ts';

// Tests in Node resolve by the `ssr` conditions: without the first, they would run what was last built into dist.
const source = {
  resolve: { conditions: ['@tama/source'] },
  ssr: { resolve: { conditions: ['@tama/source', 'module', 'node'], externalConditions: ['@tama/source'] } },
};
const elsewhere = ['**/node_modules/**', '**/dist/**', '**/out/**'];

/** Tests on a GPU: on Linux once on each software adapter, which differ in f16 and subgroup size; else on the machine's own. */
const gpu = (name: string, env: Record<string, string>) => ({
  ...source,
  test: {
    name,
    include: ['{packages,apps,bench}/**/*.gpu.test.ts'],
    exclude: elsewhere,
    env,
    pool: 'forks' as const,
    // Tests that measure memory collect garbage first.
    execArgv: ['--expose-gc'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});

const gpuProjects =
  process.platform === 'linux'
    ? softwareAdapters.map((adapter) => gpu(adapter, adapterEnvironment(adapter)))
    : [gpu('gpu', {})];

const chromium = findChromium();

export default defineConfig({
  ...source,
  test: {
    maxWorkers: Math.max(1, availableParallelism()),
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          include: ['{packages,apps,bench,scripts}/**/*.test.{ts,tsx}'],
          exclude: [...elsewhere, '**/*.gpu.test.ts', '**/*.browser.test.ts'],
          testTimeout: 120_000,
        },
      },
      ...gpuProjects,
      {
        ...source,
        test: {
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
