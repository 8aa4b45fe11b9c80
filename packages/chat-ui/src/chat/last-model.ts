import type { ModelSource } from '../engine-host.ts';
import { readFit } from '../models/fit.ts';

const key = 'tama.last-model';
/** A model that breaks the page while it loads must not be met at every visit. */
const mostTries = 3;

export type KeyValueStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
export type StoredSource = Extract<ModelSource, { readonly kind: 'stored' }>;

/**
 * Which model was used last, kept beyond the page. Only models of the store are remembered: a page may not open the
 * reader's files again by itself, and the demo is what opens without a memory.
 */
export function createLastModel(storage: KeyValueStorage | undefined) {
  const attempt = <T>(access: (storage: KeyValueStorage) => T): T | undefined => {
    try {
      return storage && access(storage);
    } catch {
      // A browser that refuses, or a damaged entry: the demo opens.
      return undefined;
    }
  };
  const write = ({ source, commit, fit }: StoredSource, tries: number) =>
    attempt((storage) => storage.setItem(key, JSON.stringify({ source, commit, fit, tries })));
  return {
    /** The model to open now, which counts as a try until {@link remember} says that it went well. */
    take(): StoredSource | undefined {
      const kept = attempt((storage) => parse(JSON.parse(storage.getItem(key) ?? 'null')));
      if (!kept || kept.tries >= mostTries) return undefined;
      write(kept.model, kept.tries + 1);
      return kept.model;
    },
    /** The model that answers now. */
    remember(model: ModelSource): void {
      if (model.kind === 'stored') write(model, 0);
      else attempt((storage) => storage.removeItem(key));
    },
  };
}

function parse(value: unknown): { readonly model: StoredSource; readonly tries: number } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { source, commit, fit, tries } = value as Record<string, unknown>;
  if (typeof source !== 'string') return undefined;
  const model: StoredSource = {
    kind: 'stored',
    source,
    ...(typeof commit === 'string' ? { commit } : {}),
    fit: readFit(fit),
  };
  return { model, tries: typeof tries === 'number' ? tries : 0 };
}
