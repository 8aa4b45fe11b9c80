import { ModelStore, type StoreOptions } from './model-store.ts';
import { opfsStoreBacking } from './opfs-store-backing.ts';
import { StoreUnavailableError } from './store-errors.ts';

/**
 * The models in this site's private file system. In a worker files are written in place and hashed off the main thread;
 * on a page it works too, more slowly. @throws {StoreUnavailableError}
 */
export async function browserModelStore(options: StoreOptions = {}): Promise<ModelStore> {
  try {
    const root = await navigator.storage.getDirectory();
    return new ModelStore(opfsStoreBacking(await root.getDirectoryHandle('tama-models', { create: true })), options);
  } catch (cause) {
    throw new StoreUnavailableError({ cause });
  }
}
