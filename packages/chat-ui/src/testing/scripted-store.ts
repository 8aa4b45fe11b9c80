import type { DownloadProgress, ModelDescription, ModelPreview, StoredModel } from '@tama/core';
import type { HubAccess, ModelStoreHost } from '../model-store-host.ts';

export type StoreScript = {
  readonly stored?: readonly StoredModel[];
  readonly describe?: (reference: string, hub: HubAccess) => Promise<ModelDescription>;
  readonly preview?: (budget: number | undefined) => Promise<ModelPreview>;
  readonly list?: () => Promise<readonly StoredModel[]>;
};

export type ScriptedDownload = {
  readonly description: ModelDescription;
  readonly hub: HubAccess | undefined;
  readonly commands: string[];
  progress(progress: Partial<DownloadProgress>): void;
  finish(): void;
  fail(error: unknown): void;
};

export const describe2b: ModelDescription = {
  source: 'hf:o/gemma-2-2b-it',
  name: 'gemma-2-2b-it',
  commit: '0123456789abcdef0123456789abcdef01234567',
  files: [
    { path: 'config.json', url: 'https://hub.test/config.json', size: 1000 },
    { path: 'model.safetensors', url: 'https://hub.test/model.safetensors', size: 5_000_000_000 },
  ],
};

export const storedAs = (description: ModelDescription, storedBytes: number): StoredModel => {
  const bytes = description.files.reduce((sum, { size = 0 }) => sum + size, 0);
  return { ...description, storedBytes, bytes, complete: storedBytes === bytes };
};

export const preview2b: ModelPreview = {
  format: 'safetensors, BF16',
  parameters: 2_614_341_888,
  bytes: 5_000_001_000,
  plan: {
    context: 8192,
    prefillChunk: 64,
    weightBytes: 5 * 2 ** 30,
    cacheBytes: 2 ** 29,
    workBytes: 2 ** 27,
    totalBytes: 5.625 * 2 ** 30,
    largestBuffer: { label: 'embedding', bytes: 2 ** 30 },
    decodeDispatches: 213,
    weightParts: 9,
  },
};

/** A store that does what the test tells it, when it tells it. */
export function scriptedStore(script: StoreScript = {}) {
  let stored = script.stored ?? [];
  const downloads: ScriptedDownload[] = [];
  const removed: string[] = [];
  const asked: (readonly [reference: string, hub: HubAccess])[] = [];
  const budgets: (number | undefined)[] = [];

  const connect = (): ModelStoreHost => ({
    list: async () => (await script.list?.()) ?? stored,
    async remove(source) {
      removed.push(source);
      stored = stored.filter((model) => model.source !== source);
    },
    describe(reference, hub = {}) {
      asked.push([reference, hub]);
      return script.describe?.(reference, hub) ?? Promise.resolve({ ...describe2b, source: reference });
    },
    preview(_, options = {}) {
      budgets.push(options.memoryBudget);
      return script.preview?.(options.memoryBudget) ?? Promise.resolve(preview2b);
    },
    download(description, options = {}) {
      const { promise, resolve, reject } = Promise.withResolvers<StoredModel>();
      const commands: string[] = [];
      const obey = (command: string, phase: DownloadProgress['phase']) => {
        commands.push(command);
        download.progress({ phase });
      };
      const download: ScriptedDownload = {
        description,
        hub: options.hub,
        commands,
        progress: (progress) =>
          options.onProgress?.({
            phase: 'download',
            bytes: 0,
            total: 5_000_001_000,
            bytesPerSecond: undefined,
            etaSeconds: undefined,
            ...progress,
          }),
        finish() {
          const whole = storedAs(description, 5_000_001_000);
          stored = [...stored.filter(({ source }) => source !== description.source), whole];
          resolve(whole);
        },
        fail(error) {
          const part = storedAs(description, 1_000_000_000);
          stored = [...stored.filter(({ source }) => source !== description.source), part];
          reject(error);
        },
      };
      downloads.push(download);
      return {
        finished: promise,
        pause: () => obey('pause', 'paused'),
        resume: () => obey('resume', 'download'),
        cancel: () => void commands.push('cancel'),
      };
    },
    dispose() {},
  });
  return { connect, downloads, removed, asked, budgets };
}
