import type { DownloadProgress, ModelDescription, ModelPreview, StoredModel } from '@tama/core';

/** Which hub, and as whom. */
export type HubAccess = { readonly endpoint?: string; readonly token?: string };

/** A download that somebody else does. Its commands reach every tab that wants the same model. */
export type RunningDownload = {
  readonly finished: Promise<StoredModel>;
  pause(): void;
  resume(): void;
  cancel(): void;
};

/** What the interface asks of the thread that keeps models. `ModelStoreClient` of `@tama/core/worker` is one. */
export type ModelStoreHost = {
  list(): Promise<readonly StoredModel[]>;
  remove(source: string): Promise<unknown>;
  describe(reference: string, options?: HubAccess): Promise<ModelDescription>;
  preview(
    description: ModelDescription,
    options?: { readonly hub?: HubAccess; readonly memoryBudget?: number },
  ): Promise<ModelPreview>;
  download(
    description: ModelDescription,
    options?: { hub?: HubAccess; onProgress?: (progress: DownloadProgress) => void },
  ): RunningDownload;
  dispose(): void;
};
