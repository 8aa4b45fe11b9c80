import type { Engine, LoadProgress, ModelInfo } from '@tama/core';
import type { EngineHost, ModelSource } from '../engine-host.ts';

export type ModelState =
  | { readonly phase: 'checking'; readonly source: ModelSource }
  | { readonly phase: 'loading'; readonly source: ModelSource; readonly progress: LoadProgress }
  | { readonly phase: 'ready'; readonly source: ModelSource; readonly info: ModelInfo; readonly demo: boolean }
  | { readonly phase: 'failed'; readonly source: ModelSource; readonly error: unknown };

/**
 * One model at a time, each in a worker of its own: ending the worker is the surest way to free what it held. A small
 * model stays warm behind the next one, so that going back to it reads no weights again.
 */
export type ModelLoader = {
  /** Puts another model in the place of the one there is; the same one again stays as it is. */
  load(source: ModelSource): void;
  /** Loads the model anew, for one that no longer answers. */
  reload(source: ModelSource): void;
  /** The engine, as soon as it is loaded; rejects with what {@link ModelState} calls the error. */
  engine(): Promise<Engine>;
  dispose(): void;
};

/** Bytes on the GPU that nobody will miss. The demo model has 11 MB. */
const SMALL = 64e6;

/** A worker with its model; the engine is there once that is loaded. */
type Workplace = {
  readonly source: ModelSource;
  readonly host: EngineHost;
  engine: Promise<Engine>;
  loaded?: Engine;
};

/** @param options what every model is loaded with */
export function createModelLoader(
  connect: () => EngineHost,
  onState: (state: ModelState) => void,
  options: () => { readonly memoryBudget?: number } = () => ({}),
): ModelLoader {
  let current: Workplace | undefined;
  let parked: Workplace | undefined;

  async function open(place: Workplace): Promise<Engine> {
    const { source, host } = place;
    const report = (state: ModelState) => {
      if (current === place) onState(state);
    };
    try {
      report({ phase: 'checking', source });
      await host.checkAdapter();
      report({ phase: 'loading', source, progress: { phase: 'open', loadedBytes: 0, totalBytes: 0 } });
      place.loaded = await host.load(addressOf(source), {
        ...options(),
        ...source.fit,
        onProgress: (progress) => report({ phase: 'loading', source, progress }),
      });
      report(ready(source, place.loaded));
      return place.loaded;
    } catch (error) {
      report({ phase: 'failed', source, error });
      throw error;
    }
  }

  /** Leaves the model there is: a small one stays warm in place of the one before. */
  function leave(): void {
    const { weightBytes = Number.POSITIVE_INFINITY, cacheBytes = 0 } = current?.loaded?.info ?? {};
    if (weightBytes + cacheBytes > SMALL) current?.host.dispose();
    else {
      parked?.host.dispose();
      parked = current;
    }
    current = undefined;
  }

  function begin(source: ModelSource): void {
    const place: Workplace = { source, host: connect(), engine: Promise.reject() };
    place.engine.catch(() => {});
    current = place;
    place.engine = open(place);
    // The failure is in the state; who waits for the engine hears it too.
    place.engine.catch(() => {});
  }

  return {
    load(source) {
      if (current?.loaded && isSame(current.source, source)) return;
      const warm = parked && isSame(parked.source, source) ? parked : undefined;
      if (warm) parked = undefined;
      leave();
      current = warm;
      if (warm?.loaded) onState(ready(source, warm.loaded));
      else begin(source);
    },
    reload(source) {
      current?.host.dispose();
      begin(source);
    },
    engine: () => current?.engine ?? Promise.reject(new Error('No model was asked for.')),
    dispose() {
      for (const place of [current, parked]) place?.host.dispose();
      current = undefined;
      parked = undefined;
    },
  };
}

const ready = (source: ModelSource, { info }: Engine): ModelState => ({
  phase: 'ready',
  source,
  info,
  demo: isDemo(source, info),
});

/** True for the same model loaded in the same way. A file that was chosen again may be another by now. */
function isSame(a: ModelSource, b: ModelSource): boolean {
  if (a.fit?.weights !== b.fit?.weights || a.fit?.context !== b.fit?.context) return false;
  if (a.kind === 'files' && b.kind === 'files') return a.files === b.files;
  if (a.kind === 'stored' && b.kind === 'stored') return a.source === b.source && a.commit === b.commit;
  return a.kind === 'demo' && b.kind === 'demo' && a.url === b.url;
}

function addressOf(source: ModelSource): Parameters<EngineHost['load']>[0] {
  if (source.kind === 'files') return source.files;
  return source.kind === 'demo' ? source.url : `stored:${source.source}`;
}

/** The demo model is named as such wherever it comes from, also when the reader opens its file. */
function isDemo(source: ModelSource, info: ModelInfo): boolean {
  return source.kind === 'demo' || /^tama[\s_-]demo/i.test(info.name);
}
