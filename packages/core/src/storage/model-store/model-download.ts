import { type Deferred, deferred } from '../../deferred.ts';
import type { DownloadProgress } from './download-progress.ts';
import type { StoredModel } from './model-record.ts';
import { DownloadCancelledError } from './store-errors.ts';

/** What those who want the same model tell each other. */
type Message = { readonly command: Command } | { readonly progress: DownloadProgress };
/** `tell` comes from one who has just joined: whoever is at work says how far it is. */
type Command = 'pause' | 'resume' | 'cancel' | 'tell';

/** What a download needs of its store. */
export type DownloadWork = {
  readonly model: string;
  /** Name of the channel of all downloads of this model in this store. */
  readonly channel: string;
  /** Goes on from what is stored, to the end or until the signal. */
  run(signal: AbortSignal, report: (progress: DownloadProgress) => void): Promise<StoredModel>;
  /** Deletes everything that is stored of the model. */
  discard(): Promise<void>;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
};

/**
 * A download under way. All downloads of one model in a store are one: the first does the work, in whatever tab, and
 * pause, resume and cancel reach them all (in Node those of the same process). When the one at work ends early another
 * takes over.
 */
export class ModelDownload {
  /** Fails with the reason of the signal, or a typed error; what is stored stays, but for a cancelled download. */
  readonly finished: Promise<StoredModel>;
  readonly #work: DownloadWork;
  readonly #channel: BroadcastChannel;
  #run = new AbortController();
  #paused: Deferred<void> | undefined;
  #cancelled = false;
  #ended = false;
  /** True once this one has had something to tell by itself. */
  #working = false;
  #progress: DownloadProgress | undefined;

  constructor(work: DownloadWork) {
    this.#work = work;
    this.#channel = new BroadcastChannel(work.channel);
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if ('command' in data) this.#obey(data.command);
      // While paused this is what the one at work had still on its way.
      else if (!this.paused) this.#report(data.progress);
    };
    // Node: a channel that listens keeps the process running.
    (this.#channel as { unref?: () => void }).unref?.();
    // Who paused it elsewhere goes on with it here: one download is not both.
    for (const command of ['resume', 'tell'] as const) this.#channel.postMessage({ command } satisfies Message);
    this.finished = this.#follow().finally(() => {
      this.#ended = true;
      this.#channel.close();
    });
    // Whoever does not look at the outcome has not lost anything that the next call would not find.
    this.finished.catch(() => {});
  }

  get paused(): boolean {
    return this.#paused !== undefined;
  }

  /** Stops fetching; everything that has arrived is kept. */
  pause(): void {
    this.#command('pause');
  }

  resume(): void {
    this.#command('resume');
  }

  /** Ends the download for good, everywhere, and deletes what has arrived. */
  cancel(): void {
    this.#command('cancel');
  }

  #command(command: Command): void {
    if (this.#ended) return;
    this.#channel.postMessage({ command } satisfies Message);
    this.#obey(command);
  }

  #obey(command: Command): void {
    if (this.#cancelled) return;
    if (command === 'tell') {
      if (this.#working && this.#progress) this.#channel.postMessage({ progress: this.#progress } satisfies Message);
      return;
    }
    if (command === 'pause') {
      this.#paused ??= deferred();
      this.#run.abort();
      return;
    }
    this.#paused?.resolve();
    this.#paused = undefined;
    if (command === 'resume') return;
    this.#cancelled = true;
    this.#run.abort();
  }

  async #follow(): Promise<StoredModel> {
    const { run, discard, signal, model } = this.#work;
    for (;;) {
      signal?.throwIfAborted();
      if (this.#cancelled) {
        await discard();
        throw new DownloadCancelledError(model);
      }
      if (this.#paused) await this.#untilResumed(this.#paused.promise);
      else {
        this.#working = false;
        this.#run = new AbortController();
        const stop = this.#run.signal;
        try {
          return await run(signal ? AbortSignal.any([signal, stop]) : stop, (progress) => {
            this.#working = true;
            this.#channel.postMessage({ progress } satisfies Message);
            this.#report(progress);
          });
        } catch (error) {
          if (!stop.aborted) throw error;
        }
      }
    }
  }

  async #untilResumed(resumed: Promise<void>): Promise<void> {
    const { signal } = this.#work;
    if (this.#progress)
      this.#report({ ...this.#progress, phase: 'paused', bytesPerSecond: undefined, etaSeconds: undefined });
    const aborted = deferred<void>();
    const abort = () => aborted.resolve();
    signal?.addEventListener('abort', abort, { once: true });
    await Promise.race([resumed, aborted.promise]);
    signal?.removeEventListener('abort', abort);
  }

  #report(progress: DownloadProgress): void {
    this.#progress = progress;
    this.#work.onProgress?.(progress);
  }
}
