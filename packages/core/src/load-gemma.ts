import type { Tokenizer } from '@tama/tokenizer';
import { summarise } from './adapter.ts';
import { rowCount, rowWidth } from './checkpoint/checkpoint.ts';
import { openCheckpoint } from './checkpoint/open-checkpoint.ts';
import { loadedWeights, quantisedTensors } from './convert/quantised-tensors.ts';
import type { LoadOptions, LoadProgress, ModelInfo } from './engine.ts';
import { GpuModel } from './gemma2/gpu-model.ts';
import { defaultRollback } from './gemma2/kv-cache.ts';
import { fitModel } from './gemma2/model-fit.ts';
import { prefillChunks } from './gemma2/prefill-chunks.ts';
import { GpuEngine } from './gpu-engine.ts';
import { choice, contextOf, memoryBudgetOf, wholeNumber } from './load-options.ts';
import { sharedGpu } from './shared-gpu.ts';
import { type ModelSource, openSource } from './storage/open-source.ts';
import { browserTuningStore } from './tuning/browser-tuning-store.ts';

/**
 * Loads a Gemma 2: opens the checkpoint, streams its weights to the GPU, and compiles the kernels meanwhile.
 *
 * @param source a URL, a file, the files of a folder, or an opened {@link ByteSource} or {@link ByteFolder}
 * @throws a {@link TamaError} that names what is wrong with the adapter, the source or the checkpoint; everything that
 *   was allocated is released
 */
export async function loadGemma(source: ModelSource, options: LoadOptions = {}): Promise<GpuEngine> {
  const { signal } = options;
  const progress = (phase: LoadProgress['phase'], loadedBytes: number, totalBytes: number) =>
    options.onProgress?.({ phase, loadedBytes, totalBytes });
  const device = choice('device', options.device, ['auto', 'f32']);
  const weights = choice('weights', options.weights, loadedWeights);
  const embeddingScale = choice('embeddingScale', options.embeddingScale, ['bfloat16', 'exact']) ?? 'bfloat16';
  const mode = choice('tuning', options.tuning, ['auto', 'off', 'now']) ?? 'auto';
  const rollback = wholeNumber('rollback', options.rollback ?? defaultRollback, 0, 2 ** 20);
  const chunk = wholeNumber('prefillChunk', options.prefillChunk ?? 512, 1, 512);
  const memoryBudget = memoryBudgetOf(options.memoryBudget);

  progress('open', 0, 0);
  const opening = openSource(source, signal, options.hub).then((opened) =>
    openCheckpoint(opened, signal ? { signal } : {}),
  );
  opening.catch(() => {}); // Awaited below: what is wrong with the adapter is told first.
  const gpu = await sharedGpu(options.gpu ?? globalThis.navigator?.gpu, device === 'f32').catch((error: unknown) => {
    opening.then((checkpoint) => checkpoint.close()).catch(() => {});
    throw error;
  });
  const stored = await opening;
  try {
    const checkpoint = weights ? { ...stored, tensors: quantisedTensors(stored, weights) } : stored;
    const { config, tensors } = checkpoint;
    const context = contextOf(config, options.context);
    const chunkSizes =
      options.prefillChunk === undefined
        ? prefillChunks(config, context, gpu.info, gpu.device.limits)
        : [Math.min(context, chunk)];
    const prefillChunk = chunkSizes.at(-1)!;
    await fitModel(stored.name, stored, {
      weights,
      context,
      prefillChunk,
      rollback,
      f16: gpu.features.f16,
      limits: gpu.device.limits,
      speculation: options.speculation,
      memoryBudget,
    });
    const totalBytes = [...tensors.values()].reduce((sum, tensor) => sum + tensor.rowBytes * rowCount(tensor), 0);
    let loadedBytes = 0;
    progress('weights', 0, totalBytes);
    let tokenizer: Tokenizer | undefined;
    const model = await GpuModel.load(gpu, checkpoint, {
      context,
      prefillChunk,
      chunkSizes,
      rollback,
      embeddingScale,
      tuning: { mode, store: options.tuningStore ?? browserTuningStore() },
      ...(signal ? { signal } : {}),
      onBytes: (bytes) => {
        loadedBytes += bytes;
        progress('weights', loadedBytes, totalBytes);
      },
      async whileCompiling() {
        progress('compile', totalBytes, totalBytes);
        tokenizer = await checkpoint.tokenizer?.(signal);
      },
    });
    try {
      const info: ModelInfo = {
        name: checkpoint.name,
        format: checkpoint.format,
        config,
        contextLength: context,
        parameters: [...tensors.values()].reduce((sum, tensor) => sum + rowCount(tensor) * rowWidth(tensor), 0),
        weightBytes: model.weightBytes,
        cacheBytes: model.cacheBytes,
        prefillChunk: model.prefillChunk,
        hasTokenizer: tokenizer !== undefined,
        adapter: summarise(gpu.info, gpu.features),
        tuned: model.tuned,
        warnings: checkpoint.warnings,
      };
      progress('ready', totalBytes, totalBytes);
      return new GpuEngine(model, tokenizer, info);
    } catch (error) {
      model.dispose();
      throw error;
    }
  } finally {
    await stored.close();
  }
}
