import { deserialiseError } from '@tama/errors';
import type { ModelPreview } from '../../preview-model.ts';
import type { DownloadProgress } from '../../storage/model-store/download-progress.ts';
import type { ModelDescription } from '../../storage/model-store/model-description.ts';
import type { StoredModel } from '../../storage/model-store/model-record.ts';
import { StoreWorkerFailedError } from '../errors.ts';
import type { Port } from '../protocol.ts';
import type {
  DownloadCommand,
  PlainHubOptions,
  PlainPreviewOptions,
  StoreCalls,
  StoreClientMessage,
  StoreHostMessage,
  StoreMethod,
} from './protocol.ts';

/** A download that a worker does. The commands reach every tab that downloads the same model. */
export type RemoteDownload = { readonly finished: Promise<StoredModel> } & {
  readonly [Command in DownloadCommand]: () => void;
};

/** A worker, or a message port in its place. */
type WorkerPort = Port & {
  addEventListener(type: 'error', listener: (event: ErrorEvent) => void): void;
  addEventListener(type: 'messageerror', listener: () => void): void;
  terminate?(): void;
};

type Call = {
  resolve(answer: unknown): void;
  reject(error: Error): void;
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
};

/** The page's end of {@link serveModelStore}: the store of models, with the work done in a worker. */
export class ModelStoreClient {
  readonly #port: WorkerPort;
  readonly #calls = new Map<number, Call>();
  #last = 0;
  #failure: StoreWorkerFailedError | undefined;

  constructor(port: WorkerPort) {
    this.#port = port;
    port.addEventListener('error', ({ message }) => this.#fail(message || 'the script could not be loaded'));
    port.addEventListener('messageerror', () => this.#fail('a message could not be read'));
    port.addEventListener('message', ({ data }: MessageEvent<StoreHostMessage>) => {
      const call = this.#calls.get(data.id);
      if ('progress' in data) return call?.onProgress?.(data.progress);
      this.#calls.delete(data.id);
      if ('error' in data) call?.reject(deserialiseError(data.error));
      else call?.resolve(data.answer);
    });
  }

  list(): Promise<readonly StoredModel[]> {
    return this.#call('list', {}).answer;
  }

  /** By source, or by name where only one model has it. */
  remove(name: string): Promise<undefined> {
    return this.#call('remove', { name }).answer;
  }

  /** The files behind `hf:OWNER/REPO…` or a URL, with sizes and hashes where they are published. */
  describe(reference: string, options: PlainHubOptions & { readonly sha256?: string } = {}): Promise<ModelDescription> {
    return this.#call('describe', { reference, options }).answer;
  }

  /** What the model is and whether it fits, from its headers, before it is downloaded. */
  preview(
    description: ModelDescription,
    options: { readonly hub?: PlainHubOptions } & PlainPreviewOptions = {},
  ): Promise<ModelPreview> {
    return this.#call('preview', { description, options }).answer;
  }

  /** Ends the worker at once. What it has stored stays. */
  dispose(): void {
    this.#port.terminate?.();
    this.#fail('it was ended');
  }

  /** Starts, continues or joins a download. */
  download(
    description: ModelDescription,
    { hub = {}, onProgress }: { hub?: PlainHubOptions; onProgress?: (progress: DownloadProgress) => void } = {},
  ): RemoteDownload {
    const { id, answer } = this.#call('download', { description, hub }, onProgress);
    const send = (command: DownloadCommand) => () => this.#post({ id, command });
    return { finished: answer, pause: send('pause'), resume: send('resume'), cancel: send('cancel') };
  }

  #call<M extends StoreMethod>(method: M, request: StoreCalls[M]['request'], onProgress?: Call['onProgress']) {
    const id = ++this.#last;
    if (this.#failure) return { id, answer: Promise.reject<StoreCalls[M]['answer']>(this.#failure) };
    const answer = new Promise<StoreCalls[M]['answer']>((resolve, reject) => {
      this.#calls.set(id, { resolve: (value) => resolve(value as StoreCalls[M]['answer']), reject, onProgress });
    });
    this.#post({ id, method, ...request } as StoreClientMessage);
    return { id, answer };
  }

  #fail(reason: string): void {
    this.#failure ??= new StoreWorkerFailedError(reason);
    for (const { reject } of this.#calls.values()) reject(this.#failure);
    this.#calls.clear();
  }

  #post(message: StoreClientMessage): void {
    this.#port.postMessage(message);
  }
}
