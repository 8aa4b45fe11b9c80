import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const source = { resolve: { conditions: ['@tama/source'] }, ssr: { resolve: { externalConditions: ['@tama/source'] } } };

/** GPU tests run once on each software adapter: they differ in f16, in subgroup size and in what they forgive. */
const gpu = (adapter: 'llvmpipe' | 'swiftshader') => ({
  ...source,
  test: {
    name: adapter,
    include: ['packages/{kernels-wgsl,core,cli}/src/**/*.gpu.test.ts'],
    env: { TAMA_TEST_ADAPTER: adapter },
    globalSetup: ['scripts/test-env.ts'],
    pool: 'forks' as const,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

export default defineConfig({
  ...source,
  test: {
    maxWorkers: Math.max(1, availableParallelism()),
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          include: ['{packages,apps}/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.gpu.test.ts', '**/*.browser.test.ts'],
          testTimeout: 60_000,
        },
      },
      gpu('llvmpipe'),
      gpu('swiftshader'),
    ],
  },
});
