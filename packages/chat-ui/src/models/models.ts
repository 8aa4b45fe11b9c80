import type { DownloadProgress, ModelDescription, ModelPreview, StoredModel } from '@tama/core';
import { isTamaError } from '@tama/errors';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Fit } from '../engine-host.ts';
import type { ModelStoreHost, RunningDownload } from '../model-store-host.ts';
import type { Settings } from '../settings/settings.ts';
import { type Fits, fitOf, readFits, writeFits } from './fit.ts';
import { type HubSettings, hubAccess, huggingFace, readHubSettings, writeHubSettings } from './hub-access.ts';
import { readReference } from './reference.ts';

export type ModelsState = {
  /** Every model of which something is on this device; undefined until that is known. */
  readonly stored: readonly StoredModel[] | undefined;
  /** Why nothing can be stored here. */
  readonly storeError: unknown;
  /** What this page downloads, or follows in another tab, by source. */
  readonly downloads: Readonly<Record<string, DownloadState>>;
  readonly space: Space | undefined;
  /** How models are to be loaded that are too large as they are, by source. */
  readonly fits: Fits;
  readonly hub: HubSettings;
  readonly look: Look | undefined;
  /** The model whose download has just come to its end. */
  readonly arrived: StoredModel | undefined;
};

export type DownloadState = {
  readonly description: ModelDescription;
  readonly progress: DownloadProgress | undefined;
  /** Why it has ended early. What has arrived is kept. */
  readonly error: unknown;
};

/** What the browser grants this site: bytes in use and in all, and whether they are safe from being cleared. */
export type Space = { readonly usage: number; readonly quota: number; readonly persisted: boolean };

/** A model that the reader asked about, before it is downloaded. */
export type Look =
  | { readonly phase: 'looking'; readonly reference: string }
  | { readonly phase: 'failed'; readonly reference: string; readonly error: unknown }
  | {
      readonly phase: 'found';
      readonly reference: string;
      readonly description: ModelDescription;
      /** What its headers tell; undefined while they are read. */
      readonly preview: ModelPreview | undefined;
      readonly previewError: unknown;
    };

export type ModelsOptions = {
  readonly connect: () => ModelStoreHost;
  readonly settings: () => Settings;
  readonly disk?: Pick<StorageManager, 'estimate' | 'persist' | 'persisted'> | undefined;
  /** Keeps the endpoint and, if asked to, the token. */
  readonly storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined;
  /** The hub of this site. Default https://huggingface.co. */
  readonly endpoint?: string | undefined;
};

export type Models = Pick<StoreApi<ModelsState>, 'getState' | 'getInitialState' | 'subscribe'> & {
  readonly defaultEndpoint: string;
  start(): void;
  dispose(): void;
  setHub(changes: Partial<HubSettings>): void;
  /** Asks what is behind a reference. False where the text is none. */
  lookAt(text: string): boolean;
  /** Asks the same again, e.g. with another token. */
  lookAgain(): void;
  forgetLook(): void;
  /** Downloads what was looked at. */
  download(): void;
  pause(source: string): void;
  /** Goes on with a download that is paused, failed, or of an earlier visit. */
  resume(source: string): void;
  /** Ends a download in every tab, and deletes what has arrived. */
  cancel(source: string): void;
  remove(source: string): Promise<void>;
  forgetArrived(): void;
  /** How the model of this source is to be loaded from now on; undefined: as it is. */
  setFit(source: string, fit: Fit | undefined): void;
};

const GIBIBYTE = 2 ** 30;
const networkCodes: readonly string[] = ['network', 'network-stalled'];

/** Bytes of graphics memory that the reader said there are. */
export const memoryBudget = ({ graphicsMemory }: Settings): number | undefined =>
  graphicsMemory === undefined ? undefined : graphicsMemory * GIBIBYTE;

/** Everything the page knows and does about models on this device and on their way to it; React only shows it. */
export function createModels(options: ModelsOptions): Models {
  const { settings, disk, storage, endpoint = huggingFace } = options;
  const store = createStore<ModelsState>()(() => ({
    stored: undefined,
    storeError: undefined,
    downloads: {},
    space: undefined,
    fits: readFits(storage),
    hub: readHubSettings(storage, endpoint),
    look: undefined,
    arrived: undefined,
  }));
  const { getState, setState } = store;
  let host: ModelStoreHost | undefined;
  let channel: BroadcastChannel | undefined;
  const running = new Map<string, RunningDownload>();

  async function refresh(): Promise<void> {
    const current = host;
    try {
      const stored = await current?.list();
      if (host !== current || !stored) return;
      setState({ stored, storeError: undefined });
      // A download of another tab is joined: this one shows it, steers it, and takes over when that tab is closed.
      for (const model of stored) if (model.active && !model.complete && !running.has(model.source)) begin(model);
    } catch (storeError) {
      if (host === current) setState({ storeError });
    }
    await measure();
  }

  async function measure(): Promise<void> {
    try {
      const [{ usage = 0, quota = 0 } = {}, persisted = false] = await Promise.all([
        disk?.estimate(),
        disk?.persisted?.(),
      ]);
      setState({ space: quota > 0 ? { usage, quota, persisted } : undefined });
    } catch {
      // Not every browser tells; the download will.
    }
  }

  /** This tab's list has changed, and so has that of every other tab. */
  const changed = () => {
    channel?.postMessage('changed');
    return refresh();
  };

  const setDownload = (source: string, state: DownloadState | undefined) =>
    setState(({ downloads: { [source]: _, ...others } }) => ({
      downloads: state ? { ...others, [source]: state } : others,
    }));

  function begin(description: ModelDescription): void {
    const { source } = description;
    if (!host || running.has(source)) return;
    setDownload(source, { description, progress: undefined, error: undefined });
    let told = false;
    const download = host.download(description, {
      hub: hubAccess(getState().hub),
      onProgress(progress) {
        if (running.get(source) !== download) return;
        setDownload(source, { description, progress, error: undefined });
        if (told) return;
        told = true;
        void changed();
      },
    });
    running.set(source, download);
    download.finished.then(
      (stored) => end(source, download, () => setState({ arrived: stored })),
      (error) =>
        end(source, download, () => {
          if (isTamaError(error, 'download-cancelled')) return;
          setDownload(source, { description, progress: undefined, error });
        }),
    );
  }

  function end(source: string, download: RunningDownload, then: () => void): void {
    if (running.get(source) !== download) return;
    running.delete(source);
    setDownload(source, undefined);
    then();
    void changed();
  }

  const describedAs = (source: string): ModelDescription | undefined =>
    getState().stored?.find((model) => model.source === source) ?? getState().downloads[source]?.description;

  function resume(source: string): void {
    const download = running.get(source);
    const description = describedAs(source);
    if (download) download.resume();
    else if (description) begin(description);
  }

  async function look(reference: string): Promise<void> {
    const asked = { phase: 'looking', reference } as const;
    let latest: Look = asked;
    const show = (next: Look) => {
      // Another question may have been asked meanwhile.
      if (getState().look !== latest) return;
      latest = next;
      setState({ look: next });
    };
    setState({ look: asked });
    const hub = hubAccess(getState().hub);
    try {
      if (!host) return;
      const description = await host.describe(reference, hub);
      const found = { phase: 'found', reference, description, preview: undefined, previewError: undefined } as const;
      show(found);
      const budget = memoryBudget(settings());
      await host.preview(description, { hub, ...(budget === undefined ? {} : { memoryBudget: budget }) }).then(
        (preview) => show({ ...found, preview }),
        (previewError) => show({ ...found, previewError }),
      );
    } catch (error) {
      show({ phase: 'failed', reference, error });
    }
  }

  const onOnline = () => {
    for (const [source, { error }] of Object.entries(getState().downloads))
      if (isTamaError(error) && networkCodes.includes(error.code)) resume(source);
  };

  function setFit(source: string, fit: Fit | undefined): void {
    const { [source]: _, ...others } = getState().fits;
    const fits = fit ? { ...others, [source]: fit } : others;
    setState({ fits });
    writeFits(storage, fits);
  }

  return {
    getState,
    getInitialState: store.getInitialState,
    subscribe: store.subscribe,
    defaultEndpoint: endpoint,
    start() {
      host = options.connect();
      channel = new BroadcastChannel('tama-models');
      channel.onmessage = () => void refresh();
      // Node: a channel that listens keeps a test running.
      (channel as { unref?: () => void }).unref?.();
      globalThis.addEventListener?.('online', onOnline);
      void refresh();
    },
    dispose() {
      globalThis.removeEventListener?.('online', onOnline);
      channel?.close();
      channel = undefined;
      running.clear();
      host?.dispose();
      host = undefined;
      setState({ downloads: {} });
    },
    setHub(changes) {
      const hub = { ...getState().hub, ...changes };
      setState({ hub });
      writeHubSettings(storage, hub, endpoint);
    },
    lookAt(text) {
      const reference = readReference(text, getState().hub.endpoint);
      if (reference) void look(reference);
      else setState({ look: undefined });
      return reference !== undefined;
    },
    lookAgain() {
      const { look: before } = getState();
      if (before) void look(before.reference);
    },
    forgetLook: () => setState({ look: undefined }),
    download() {
      const { look: found } = getState();
      if (found?.phase !== 'found') return;
      // Now, as browsers ask the reader, and only after a click.
      void disk?.persist?.().then(measure, () => {});
      setState({ look: undefined });
      const proposed = fitOf(found.previewError);
      if (proposed) setFit(found.description.source, proposed);
      begin(found.description);
    },
    pause: (source) => running.get(source)?.pause(),
    resume,
    cancel: (source) => running.get(source)?.cancel(),
    async remove(source) {
      try {
        await host?.remove(source);
        setDownload(source, undefined);
        setFit(source, undefined);
      } catch (error) {
        const description = describedAs(source);
        if (description) setDownload(source, { description, progress: undefined, error });
      }
      if (getState().arrived?.source === source) setState({ arrived: undefined });
      await changed();
    },
    setFit,
    forgetArrived: () => setState({ arrived: undefined }),
  };
}
