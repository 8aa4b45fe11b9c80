import type { Engine } from '@tama/core';
import { isTamaError } from '@tama/errors';
import type { EngineHost, ModelSource } from '../engine-host.ts';
import { createLastModel, type KeyValueStorage, type StoredSource } from './last-model.ts';
import { createModelLoader, type ModelState } from './model-loader.ts';

/** The model of the visit before, which could not be opened, so that the demo is in its place. */
export type NotReopened = { readonly source: StoredSource; readonly error: unknown };

export type OpenedModelOptions = {
  readonly connect: () => EngineHost;
  readonly demo: ModelSource;
  readonly storage: KeyValueStorage | undefined;
  /** What every model is loaded with. */
  readonly loading: () => { readonly memoryBudget?: number };
  readonly onModel: (model: ModelState) => void;
  readonly onNotReopened: (notReopened: NotReopened) => void;
};

/** The model that answers: at first the one that was used last, or the demo where there is none or it fails. */
export function createOpenedModel({ demo, onModel, onNotReopened, ...options }: OpenedModelOptions) {
  const lastModel = createLastModel(options.storage);
  let reopening: StoredSource | undefined;
  let source = demo;
  const loader = createModelLoader(
    options.connect,
    (model) => {
      if (model.phase === 'failed' && reopening && model.source === reopening) return useDemoInstead(model.error);
      if (model.phase === 'ready') {
        reopening = undefined;
        lastModel.remember(model.source);
      }
      source = model.source;
      onModel(model);
    },
    options.loading,
  );

  function useDemoInstead(error: unknown): void {
    const failed = reopening;
    reopening = undefined;
    // Deleted meanwhile, here or in another tab: the reader knows.
    if (failed && !isTamaError(error, 'model-not-stored')) onNotReopened({ source: failed, error });
    loader.load(demo);
  }

  return {
    open(): void {
      reopening = lastModel.take();
      loader.load(reopening ?? demo);
    },
    load(wanted: ModelSource): void {
      reopening = undefined;
      loader.load(wanted);
    },
    /** Loads the model there is anew. */
    reload: (): void => loader.reload(source),
    /** The engine that answers now; a model that could not be opened again has the demo in its place. */
    async engine(): Promise<Engine> {
      const wanted = reopening;
      return loader.engine().catch((error) => {
        if (wanted && source === demo) return loader.engine();
        throw error;
      });
    },
    dispose: (): void => loader.dispose(),
  };
}
