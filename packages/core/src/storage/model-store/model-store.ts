import type { ByteFolder, ByteSource } from '../byte-source.ts';
import type { HubOptions } from '../hub-api.ts';
import { downloadModel } from './download-model.ts';
import { type DownloadProgress, progressMeter } from './download-progress.ts';
import type { ModelDescription } from './model-description.ts';
import { ModelDownload } from './model-download.ts';
import { type StoredModel, storedModel } from './model-record.ts';
import { modelRoot } from './model-root.ts';
import { modelShelf, shelfId } from './model-shelf.ts';
import type { StoreBacking } from './store-backing.ts';
import { ModelBusyError, ModelIncompleteError, ModelNameAmbiguousError, ModelNotStoredError } from './store-errors.ts';

export type DownloadOptions = {
  /** Which hub, its token, and how requests are made. The token goes to the hub's origin only, and is not stored. */
  readonly hub?: HubOptions;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Ends the download; what has arrived is kept. */
  readonly signal?: AbortSignal;
};

export type StoreOptions = {
  /** What is stored and recorded at once. Default 2 MiB. */
  readonly pieceBytes?: number;
  /** Requests at once, each with a piece in memory. Default 5. */
  readonly connections?: number;
  /** How long `remove` waits for a download that it has asked to stop. Default 5000. */
  readonly busyTimeoutMs?: number;
  /** Milliseconds from anywhere, for the rate. */
  readonly now?: () => number;
};

/** Models that have been downloaded, or are on their way, in the browser's private file system or on Node's disk. */
export class ModelStore {
  readonly #backing: StoreBacking;
  readonly #options: StoreOptions;

  constructor(backing: StoreBacking, options: StoreOptions = {}) {
    this.#backing = backing;
    this.#options = options;
  }

  /** Every model of which something is stored, by source. */
  async list(): Promise<readonly StoredModel[]> {
    const ids = await this.#backing.folders();
    const models = await Promise.all(
      ids.map(async (id) => {
        const record = await modelShelf(this.#backing, id).read();
        const active = record && (await this.#backing.isHeld(id));
        return record ? [{ ...storedModel(record), ...(active ? { active } : {}) }] : [];
      }),
    );
    return models.flat().sort((a, b) => (a.source < b.source ? -1 : 1));
  }

  /** By source, or by name where only one has it. @throws {ModelNameAmbiguousError} */
  async find(sourceOrName: string): Promise<StoredModel | undefined> {
    const models = await this.list();
    const [model, ...others] = models.filter(({ name }) => name === sourceOrName);
    const exact = models.find(({ source }) => source === sourceOrName);
    if (exact || others.length === 0) return exact ?? model;
    throw new ModelNameAmbiguousError(
      sourceOrName,
      [model!, ...others].map(({ source }) => source),
    );
  }

  /** Starts, continues or joins the download of a model; of one that is stored whole it finds that it is done. */
  download(description: ModelDescription, { hub = {}, onProgress, signal }: DownloadOptions = {}): ModelDownload {
    const { pieceBytes = 2 ** 21, connections = 5, now } = this.#options;
    const backing = this.#backing;
    return new ModelDownload({
      model: description.source,
      channel: `tama-store ${backing.name} ${description.source}`,
      ...(onProgress ? { onProgress } : {}),
      ...(signal ? { signal } : {}),
      discard: () => this.#discard(description.source),
      run: async (signal, report) => {
        const id = await shelfId(description.source);
        const shelf = modelShelf(backing, id);
        const meter = progressMeter(report, now);
        const work = () => downloadModel({ backing, shelf, description, hub, pieceBytes, connections, meter, signal });
        const waiting = progressMeter((progress) => onProgress?.(progress), now);
        let told = 0;
        const onWaiting = async () => {
          const record = await shelf.read();
          if (!record) return;
          const { storedBytes, bytes } = storedModel(record);
          if (told === 0) waiting.start('wait', storedBytes, bytes);
          else waiting.add(storedBytes - told);
          told = storedBytes;
        };
        try {
          const stored = await backing.exclusive(id, work, {
            signal,
            onWaiting: () => void onWaiting().catch(() => {}),
          });
          meter.start('done', stored.storedBytes, stored.bytes);
          return stored;
        } catch (error) {
          throw backing.isInUse(error) ? new ModelBusyError(description.source, { cause: error }) : error;
        } finally {
          meter.stop();
          waiting.stop();
        }
      },
    });
  }

  /**
   * Opens a stored model, to be read without a network: a model of one file as that file, others as a folder.
   * @throws {ModelNotStoredError} @throws {ModelIncompleteError}
   */
  async open(sourceOrName: string): Promise<ByteSource | ByteFolder> {
    const model = await this.find(sourceOrName);
    if (!model) throw new ModelNotStoredError(sourceOrName);
    if (!model.complete) throw new ModelIncompleteError(model.source, model.storedBytes, model.bytes);
    const shelf = modelShelf(this.#backing, await shelfId(model.source));
    const folder = this.#backing.folder(shelf.files);
    const [file, ...others] = model.files;
    if (!file || others.length > 0) return { ...modelRoot(folder, model), name: model.name };
    const source = await folder.open(file.path);
    if (!source) throw new ModelIncompleteError(model.source, 0, model.bytes);
    return source;
  }

  /**
   * Deletes a model, whole or not. A download of it is cancelled, if it can be reached.
   *
   * @throws {ModelNotStoredError} @throws {ModelBusyError}
   */
  async remove(sourceOrName: string): Promise<void> {
    const model = await this.find(sourceOrName);
    if (!model) throw new ModelNotStoredError(sourceOrName);
    const channel = new BroadcastChannel(`tama-store ${this.#backing.name} ${model.source}`);
    channel.postMessage({ command: 'cancel' });
    try {
      await this.#discard(model.source);
    } finally {
      channel.close();
    }
  }

  async #discard(source: string): Promise<void> {
    const id = await shelfId(source);
    const signal = AbortSignal.timeout(this.#options.busyTimeoutMs ?? 5000);
    try {
      await this.#backing.exclusive(id, () => this.#backing.remove(id), { signal });
    } catch (error) {
      const isBusy = (signal.aborted && error === signal.reason) || this.#backing.isInUse(error);
      throw isBusy ? new ModelBusyError(source, { cause: error }) : error;
    }
  }
}
