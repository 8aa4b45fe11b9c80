import type { AdapterSummary, Engine, LoadOptions, PickedFolder } from '@tama/core';

/** What the chat asks of the thread that owns the GPU. `EngineClient` of `@tama/core/worker` is one. */
export type EngineHost = {
  /** Rejects with a TamaError, e.g. `webgpu-missing`, `no-adapter` or `adapter-too-small`. */
  checkAdapter(): Promise<AdapterSummary>;
  load(source: string | ModelFiles, options?: Omit<LoadOptions, 'gpu'>): Promise<Engine>;
  dispose(): void;
};

/** A file or a folder of the reader's, to be read in place. What it is, core finds out. */
export type ModelFiles = File | PickedFolder;

/** Where a model comes from: the one that ships with the app, files the reader opened, or the store of models. */
export type ModelSource = (
  | { readonly kind: 'demo'; readonly url: string }
  | { readonly kind: 'files'; readonly files: ModelFiles }
  | { readonly kind: 'stored'; readonly source: string; readonly commit?: string | undefined }
) & { readonly fit?: Fit | undefined };

/** How a model that is too large as it is can be loaded all the same. */
export type Fit = Pick<LoadOptions, 'weights' | 'context'>;
