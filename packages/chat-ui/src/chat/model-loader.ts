import type { Engine, LoadProgress, ModelInfo } from '@tama/core';
import type { EngineHost, ModelSource } from '../engine-host.ts';

export type ModelState =
  | { readonly phase: 'checking'; readonly source: ModelSource }
  | { readonly phase: 'loading'; readonly source: ModelSource; readonly progress: LoadProgress }
  | { readonly phase: 'ready'; readonly source: ModelSource; readonly info: ModelInfo; readonly demo: boolean }
  | { readonly phase: 'failed'; readonly source: ModelSource; readonly error: unknown };

/** One model at a time, each in a worker of its own: ending the worker is the surest way to free what it held. */
export type ModelLoader = {
  /** Drops the model there is and loads another. The engine also goes to {@link engine}. */
  load(source: ModelSource): void;
  /** The engine, as soon as it is loaded; rejects with what {@link ModelState} calls the error. */
  engine(): Promise<Engine>;
  dispose(): void;
};

/** @param options what every model is loaded with */
export function createModelLoader(
  connect: () => EngineHost,
  onState: (state: ModelState) => void,
  options: () => { readonly memoryBudget?: number } = () => ({}),
): ModelLoader {
  let host: EngineHost | undefined;
  let engine: Promise<Engine> | undefined;

  async function open(current: EngineHost, source: ModelSource): Promise<Engine> {
    const report = (state: ModelState) => {
      if (host === current) onState(state);
    };
    try {
      report({ phase: 'checking', source });
      await current.checkAdapter();
      report({ phase: 'loading', source, progress: { phase: 'open', loadedBytes: 0, totalBytes: 0 } });
      const loaded = await current.load(addressOf(source), {
        ...options(),
        onProgress: (progress) => report({ phase: 'loading', source, progress }),
      });
      report({ phase: 'ready', source, info: loaded.info, demo: isDemo(source, loaded.info) });
      return loaded;
    } catch (error) {
      report({ phase: 'failed', source, error });
      throw error;
    }
  }

  return {
    load(source) {
      host?.dispose();
      host = connect();
      engine = open(host, source);
      // The failure is in the state; who waits for the engine hears it too.
      engine.catch(() => {});
    },
    engine: () => engine ?? Promise.reject(new Error('No model was asked for.')),
    dispose() {
      host?.dispose();
      host = undefined;
      engine = undefined;
    },
  };
}

function addressOf(source: ModelSource): string | readonly File[] {
  if (source.kind === 'files') return source.files;
  return source.kind === 'demo' ? source.url : `stored:${source.source}`;
}

/** The demo model is named as such wherever it comes from, also when the reader opens its file. */
function isDemo(source: ModelSource, info: ModelInfo): boolean {
  return source.kind === 'demo' || /^tama[\s_-]demo/i.test(info.name);
}
