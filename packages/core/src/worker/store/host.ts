import { serialiseError } from '@tama/errors';
import { previewModel } from '../../preview-model.ts';
import { browserModelStore } from '../../storage/model-store/browser-model-store.ts';
import type { DownloadProgress } from '../../storage/model-store/download-progress.ts';
import { describeModel } from '../../storage/model-store/model-description.ts';
import type { ModelDownload } from '../../storage/model-store/model-download.ts';
import type { ModelStore } from '../../storage/model-store/model-store.ts';
import type { Port } from '../protocol.ts';
import type { StoreClientMessage, StoreHostMessage } from './protocol.ts';

type Surroundings = {
  readonly open?: () => Promise<ModelStore>;
  readonly preview?: typeof previewModel;
};

/**
 * Serves the store of this site to the {@link ModelStoreClient} at the other end: the whole of a worker's script. In a
 * worker files are written in place, and hashing them does not hold up the page.
 *
 * @param surroundings another store, and another look at models, for tests
 */
export function serveModelStore(
  port: Port,
  { open = browserModelStore, preview = previewModel }: Surroundings = {},
): void {
  const downloads = new Map<number, Promise<ModelDownload>>();
  const post = (message: StoreHostMessage) => port.postMessage(message);

  const answer = async (message: Exclude<StoreClientMessage, { command: unknown }>): Promise<unknown> => {
    switch (message.method) {
      case 'list':
        return (await open()).list();
      case 'remove':
        return (await open()).remove(message.name);
      case 'describe':
        return describeModel(message.reference, message.options);
      case 'preview':
        return preview(message.description, message.options);
      case 'download': {
        const { id, description, hub } = message;
        const onProgress = (progress: DownloadProgress) => post({ id, progress });
        const download = open().then((store) => store.download(description, { hub, onProgress }));
        downloads.set(id, download); // A command may come before the store is open.
        try {
          return await (await download).finished;
        } finally {
          downloads.delete(id);
        }
      }
    }
  };

  port.addEventListener('message', async ({ data }: MessageEvent<StoreClientMessage>) => {
    if ('command' in data) {
      const { id, command } = data;
      downloads.get(id)?.then(
        (download) => download[command](),
        () => {}, // Whoever asked for the download is told.
      );
      return;
    }
    try {
      post({ id: data.id, answer: await answer(data) });
    } catch (error) {
      post({ id: data.id, error: serialiseError(error) });
    }
  });
}
