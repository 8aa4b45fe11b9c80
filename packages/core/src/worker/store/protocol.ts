import type { SerialisedError } from '@tama/errors';
import type { ModelPreview, PreviewOptions } from '../../preview-model.ts';
import type { DownloadProgress } from '../../storage/model-store/download-progress.ts';
import type { ModelDescription } from '../../storage/model-store/model-description.ts';
import type { StoredModel } from '../../storage/model-store/model-record.ts';

/** Which hub, and as whom, without what cannot be cloned. */
export type PlainHubOptions = { readonly endpoint?: string; readonly token?: string };

/** For what the plan is made. */
export type PlainPreviewOptions = Pick<PreviewOptions, 'context' | 'weights' | 'memoryBudget'>;

/** What a page may ask of the worker that has the store, each with its answer. */
export type StoreCalls = {
  list: { readonly request: Record<never, never>; readonly answer: readonly StoredModel[] };
  remove: { readonly request: { readonly name: string }; readonly answer: undefined };
  describe: {
    readonly request: { readonly reference: string; readonly options: PlainHubOptions & { readonly sha256?: string } };
    readonly answer: ModelDescription;
  };
  preview: {
    readonly request: {
      readonly description: ModelDescription;
      readonly options: { readonly hub?: PlainHubOptions } & PlainPreviewOptions;
    };
    readonly answer: ModelPreview;
  };
  download: {
    readonly request: { readonly description: ModelDescription; readonly hub: PlainHubOptions };
    readonly answer: StoredModel;
  };
};

export type StoreMethod = keyof StoreCalls;
export type DownloadCommand = 'pause' | 'resume' | 'cancel';

export type StoreClientMessage =
  | { [M in StoreMethod]: { readonly id: number; readonly method: M } & StoreCalls[M]['request'] }[StoreMethod]
  /** To the download with this call id. */
  | { readonly id: number; readonly command: DownloadCommand };

export type StoreHostMessage =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: SerialisedError }
  | { readonly id: number; readonly progress: DownloadProgress };
