import { adapterFeatures, requestAdapter } from '@tama/kernels-wgsl';
import { rowCount, rowWidth } from './checkpoint/checkpoint.ts';
import { openCheckpoint } from './checkpoint/open-checkpoint.ts';
import { canQuantise, type LoadedWeights, loadedWeights } from './convert/quantised-tensors.ts';
import { fitModel } from './gemma2/model-fit.ts';
import { type MemoryPlan, planModel } from './gemma2/plan.ts';
import { prefillChunks } from './gemma2/prefill-chunks.ts';
import { choice, contextOf, memoryBudgetOf } from './load-options.ts';
import type { HubOptions } from './storage/hub-api.ts';
import type { ModelDescription } from './storage/model-store/model-description.ts';
import { openDescribed } from './storage/model-store/open-described.ts';

/** What can be told of a model before it is downloaded. */
export type ModelPreview = {
  readonly format: string;
  readonly parameters: number;
  /** Of all its files. */
  readonly bytes: number;
  /** The graphics memory it will take here. */
  readonly plan: MemoryPlan;
  /** The same with its weights quantised while they are loaded; absent where they are quantised already. */
  readonly quantised?: Readonly<Record<LoadedWeights, MemoryPlan>>;
};

export type PreviewOptions = {
  /** Which hub, its token, and how requests are made. */
  readonly hub?: HubOptions;
  /** Tokens the KV cache shall hold. Default: as `loadGemma`. */
  readonly context?: number;
  /** Float weights quantised while they are loaded. Default: as they are stored. */
  readonly weights?: LoadedWeights;
  /** Bytes of graphics memory that the model may take. Default: no limit. */
  readonly memoryBudget?: number;
  readonly gpu?: GPU;
  readonly signal?: AbortSignal;
};

/**
 * Looks at a model where it is: reads its headers by ranges, some megabytes at most, and plans its memory on this
 * adapter.
 *
 * @throws {OptionError} @throws {ModelTooLargeError} with what would fit @throws {RangesUnsupportedError} for a large file whose server has no
 *   ranges: nothing can be told of it before it is downloaded @throws what opening a checkpoint throws
 */
export async function previewModel(
  description: ModelDescription,
  { hub = {}, gpu = globalThis.navigator?.gpu, signal, ...wanted }: PreviewOptions = {},
): Promise<ModelPreview> {
  const weights = choice('weights', wanted.weights, loadedWeights);
  const memoryBudget = memoryBudgetOf(wanted.memoryBudget);
  const adapter = await requestAdapter(gpu);
  const { folder, source } = await openDescribed(description, hub, signal);
  const checkpoint = await openCheckpoint(source, signal ? { signal } : {});
  try {
    const context = contextOf(checkpoint.config, wanted.context);
    const options = {
      context,
      prefillChunk: prefillChunks(checkpoint.config, context, adapter.info, adapter.limits).at(-1)!,
      f16: adapterFeatures(gpu, adapter).f16,
      limits: adapter.limits,
    };
    const plan = await fitModel(description.name, checkpoint, { ...options, weights, memoryBudget });
    const planAs = (weights: LoadedWeights) => planModel(checkpoint, { ...options, weights });
    const sizes = await Promise.all(
      description.files.map(async ({ path, size }) => size ?? (await folder.open(path, signal))?.size ?? 0),
    );
    return {
      format: checkpoint.format,
      parameters: [...checkpoint.tensors.values()].reduce(
        (sum, tensor) => sum + rowCount(tensor) * rowWidth(tensor),
        0,
      ),
      bytes: sizes.reduce((sum, size) => sum + size, 0),
      plan,
      ...(canQuantise(checkpoint) ? { quantised: { q8: await planAs('q8'), q4: await planAs('q4') } } : {}),
    };
  } finally {
    await checkpoint.close();
  }
}
