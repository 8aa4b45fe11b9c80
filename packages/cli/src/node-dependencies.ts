import { readFileSync } from 'node:fs';
import { nodeModelStore, nodeTuningStore } from '@tama/core/node';
import type { Dependencies } from './dependencies.ts';
import { inspectionOf } from './inspection.ts';
import { openModel } from './model/open-model.ts';

const packageJson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Files, the network and Dawn. What a command does not need is not loaded: `--help` answers at once. */
export const nodeDependencies: Dependencies = {
  version: packageJson.version,

  async loadEngine(model, { adapter, ...options }) {
    const source = await openModel(model, options.signal);
    try {
      const [{ loadGemma }, { openDawn }] = await Promise.all([
        import('@tama/core'),
        import('@tama/kernels-wgsl/node'),
      ]);
      return await loadGemma(source, {
        ...options,
        tuningStore: nodeTuningStore(),
        gpu: await openDawn(adapter === undefined ? {} : { adapter }),
      });
    } catch (error) {
      if (!('open' in source)) await source.close?.();
      throw error;
    }
  },

  async inspect(model, signal, { context, weights, verify } = {}) {
    const { openCheckpoint, planModel, verifyCheckpoint } = await import('@tama/core');
    const checkpoint = await openCheckpoint(await openModel(model, signal), { signal });
    try {
      const tokens = context ?? checkpoint.config.contextLength;
      const plan = { context: tokens, prefillChunk: Math.min(128, tokens), f16: true, weights };
      const memory = await planModel(checkpoint, plan);
      const inspection = inspectionOf(checkpoint, await checkpoint.tokenizer?.(signal), memory);
      if (!verify) return inspection;
      return { ...inspection, verified: await verifyCheckpoint(checkpoint, { signal, onProgress: verify }) };
    } finally {
      await checkpoint.close();
    }
  },

  async modelTokenizer(model, signal) {
    const { checkpointTokenizer } = await import('./model/file-tokenizer.ts');
    return checkpointTokenizer(await openModel(model, signal), signal);
  },

  async fileTokenizer(path, signal) {
    const { fileTokenizer } = await import('./model/file-tokenizer.ts');
    return fileTokenizer(await openModel(path, signal), signal);
  },

  modelStore: () => nodeModelStore(),
};
