import { deserialiseError } from '@tama/errors';
import type {
  AdapterSummary,
  Engine,
  GenerateEvent,
  GenerateOptions,
  LoadOptions,
  LoadProgress,
  ModelInfo,
  Prompt,
} from '../engine.ts';
import { pickedFolder } from '../storage/picked-folder.ts';
import { WorkerBoundaryError, WorkerFailedError } from './errors.ts';
import type { Calls, ClientMessage, HostMessage, Method, SentModelSource, WorkerModelSource } from './protocol.ts';

type Waiting = {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
};

/** Loads and runs a model in a worker whose script calls `serveEngine(self)`. One worker holds one model at a time. */
export class EngineClient {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #failure: WorkerFailedError | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.addEventListener('message', (event: MessageEvent<HostMessage>) => this.#receive(event.data));
    worker.addEventListener('error', (event) => this.#fail(event.message || 'the script could not be loaded'));
    worker.addEventListener('messageerror', () => this.#fail('a message could not be read'));
  }

  /** What WebGPU offers in the worker. @throws the typed reason why no model can run here */
  checkAdapter(): Promise<AdapterSummary> {
    return this.#call('checkAdapter', {});
  }

  /**
   * Loads a model; the one before it is closed, and says so when it is asked for anything. The same model again, loaded in
   * the same way and not closed since, is there at once: its weights are not read again.
   *
   * @throws whatever `loadGemma` throws, with its code and texts @throws {WorkerBoundaryError}
   */
  async load(source: WorkerModelSource, options: Omit<LoadOptions, 'gpu' | 'tuningStore'> = {}): Promise<Engine> {
    const { onProgress, signal, gpu, tuningStore, ...plain }: LoadOptions = options;
    if (gpu) throw new WorkerBoundaryError('gpu');
    if (tuningStore) throw new WorkerBoundaryError('tuningStore');
    signal?.throwIfAborted();
    const id = this.#lastId + 1;
    const abort = () => this.#worker.postMessage({ abort: id } satisfies ClientMessage);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const { model, info } = await this.#call('load', { source: sent(source), options: plain }, onProgress);
      return this.#engine(model, info);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Ends the worker at once, whatever it does. */
  dispose(): void {
    this.#worker.terminate();
    this.#fail('it was ended');
  }

  #engine(model: number, info: ModelInfo): Engine {
    return {
      info,
      tokenize: (prompt) => this.#call('tokenize', { model, prompt }),
      logits: (tokens, positions) => this.#call('logits', { model, tokens, positions }),
      generate: (prompt, options) => this.#generate(model, prompt, options),
      close: () => this.#call('close', { model }),
    };
  }

  async *#generate(
    model: number,
    prompt: Prompt,
    options: GenerateOptions = {},
  ): AsyncGenerator<GenerateEvent, void, undefined> {
    const { signal, speculation, ...others } = options;
    if (typeof speculation === 'object') throw new WorkerBoundaryError('speculation.draft');
    const plain = { ...others, ...(speculation ? { speculation } : {}) };
    const stream = ++this.#lastId;
    const abort = () => this.#worker.postMessage({ abort: stream } satisfies ClientMessage);
    await this.#call('generate', { model, stream, prompt, options: plain });
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    let finished = false;
    try {
      for (;;) {
        const event = await this.#call('next', { stream });
        if (!event) break;
        yield event;
      }
      finished = true;
    } finally {
      signal?.removeEventListener('abort', abort);
      if (!finished && !this.#failure) await this.#call('return', { stream });
    }
  }

  #call<M extends Method>(
    method: M,
    request: Calls[M]['request'],
    onProgress?: (progress: LoadProgress) => void,
  ): Promise<Calls[M]['answer']> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#worker.postMessage({ id, method, ...request }); // Throws for what cannot be cloned: then nothing waits.
      this.#waiting.set(id, { resolve, reject, onProgress });
    });
  }

  #receive(message: HostMessage): void {
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return;
    if ('progress' in message) {
      waiting.onProgress?.(message.progress);
      return;
    }
    this.#waiting.delete(message.id);
    if ('error' in message) waiting.reject(deserialiseError(message.error));
    else waiting.resolve(message.answer as never);
  }

  #fail(reason: string): void {
    this.#failure ??= new WorkerFailedError(reason);
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

function sent(source: WorkerModelSource): SentModelSource {
  if (!isFiles(source)) return source;
  const [file, ...others] = source;
  return file && others.length === 0 ? file : pickedFolder(source);
}

const isFiles = (source: WorkerModelSource): source is readonly File[] => Array.isArray(source);
