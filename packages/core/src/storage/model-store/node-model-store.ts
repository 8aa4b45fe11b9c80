import { ModelStore, type StoreOptions } from './model-store.ts';
import { nodeCacheFolder } from './node-cache-folder.ts';
import { nodeStoreBacking } from './node-store-backing.ts';

/** The models in a folder on disk: the platform's cache folder, or that of `TAMA_CACHE`, unless another is given. */
export const nodeModelStore = (folder = `${nodeCacheFolder()}/models`, options: StoreOptions = {}): ModelStore =>
  new ModelStore(nodeStoreBacking(folder), options);
