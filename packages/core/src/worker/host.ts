import { serialiseError } from '@tama/errors';
import { checkAdapter } from '../adapter.ts';
import type { Engine, GenerateEvent } from '../engine.ts';
import { ModelClosedError } from '../errors.ts';
import type { GpuEngine } from '../gpu-engine.ts';
import { loadGemma } from '../load-gemma.ts';
import type { Calls, ClientMessage, HostMessage, PlainLoadOptions, Port, SentModelSource } from './protocol.ts';

type Loader = typeof loadGemma;
type LoadMessage = Extract<ClientMessage, { readonly method: 'load' }>;

/**
 * Serves one engine to the {@link EngineClient} at the other end: the whole of a worker's script.
 *
 * @param load another loader, for tests
 */
export function serveEngine(port: Port, load: Loader = loadGemma): void {
  let engine: (Engine & Partial<Pick<GpuEngine, 'usable' | 'compileSampler'>>) | undefined;
  /** Counts the engines, so that one of before is not taken for the one there is. */
  let model = 0;
  /** What the engine was loaded from, and how. */
  let loadedAs: string | undefined;
  const streams = new Map<number, AsyncIterator<GenerateEvent>>();
  const aborts = new Map<number, AbortController>();
  const post = (message: HostMessage) => port.postMessage(message);
  const loaded = (wanted: number): Engine => {
    if (!engine || wanted !== model) throw new ModelClosedError('model');
    return engine;
  };
  const abortable = (key: number): AbortSignal => {
    const controller = new AbortController();
    aborts.set(key, controller);
    return controller.signal;
  };

  let changed: Promise<unknown> = Promise.resolve();
  /** Loads and closes wait for each other: of two loads at once, one would leave its model on the GPU for good. */
  const inTurn = <T>(change: () => Promise<T>): Promise<T> => {
    const done = changed.then(change, change);
    changed = done;
    return done;
  };
  const closeEngine = async () => {
    loadedAs = undefined;
    await engine?.close();
    engine = undefined;
  };
  const loadEngine = async (
    { id, source, options }: LoadMessage,
    signal: AbortSignal,
  ): Promise<Calls['load']['answer']> => {
    signal.throwIfAborted();
    const wanted = identity(source, options);
    if (engine && engine.usable !== false && wanted !== undefined && wanted === loadedAs)
      return { model, info: engine.info };
    await closeEngine();
    engine = await load(source, { ...options, onProgress: (progress) => post({ id, progress }), signal });
    model++;
    loadedAs = wanted;
    // While the reader types, so that the first drawn reply need not wait. A failure is told when they are used.
    engine.compileSampler?.().catch(() => {});
    return { model, info: engine.info };
  };

  const answer = async (message: Exclude<ClientMessage, { abort: number }>): Promise<unknown> => {
    switch (message.method) {
      case 'checkAdapter':
        return checkAdapter();
      case 'load': {
        const signal = abortable(message.id);
        return inTurn(() => loadEngine(message, signal)).finally(() => aborts.delete(message.id));
      }
      case 'tokenize':
        return loaded(message.model).tokenize(message.prompt);
      case 'logits':
        return loaded(message.model).logits(message.tokens, message.positions);
      case 'generate': {
        const { stream, prompt, options } = message;
        const events = loaded(message.model).generate(prompt, { ...options, signal: abortable(stream) });
        streams.set(stream, events[Symbol.asyncIterator]());
        return undefined;
      }
      case 'next': {
        const { stream } = message;
        try {
          const result = await streams.get(stream)?.next();
          if (result && !result.done) return result.value;
        } catch (error) {
          forget(stream);
          throw error;
        }
        forget(stream);
        return undefined;
      }
      case 'return': {
        const stream = streams.get(message.stream);
        aborts.get(message.stream)?.abort();
        forget(message.stream);
        await stream?.return?.();
        return undefined;
      }
      case 'close':
        return inTurn(async () => (message.model === model ? closeEngine() : undefined));
    }
  };
  const forget = (stream: number) => {
    streams.delete(stream);
    aborts.delete(stream);
  };

  port.addEventListener('message', ({ data }: MessageEvent<ClientMessage>) => {
    if ('abort' in data) {
      aborts.get(data.abort)?.abort();
      return;
    }
    const { id } = data;
    answer(data).then(
      (value) => post({ id, answer: value }),
      (error) => post({ id, error: serialiseError(error) }),
    );
  });
}

/** Equal for the same model loaded in the same way; a blob without a name is like no other. */
function identity(source: SentModelSource, options: PlainLoadOptions): string | undefined {
  if (typeof source === 'string') return JSON.stringify([source, options]);
  if (source instanceof Blob)
    return source instanceof File ? JSON.stringify([source.name, versionOf(source), options]) : undefined;
  if (!source?.files) return undefined; // What is no source at all, which loading refuses.
  const files = [...source.files].map(([path, file]) => [path, versionOf(file)]);
  return JSON.stringify([source.name, files, options]);
}

const versionOf = ({ size, lastModified }: File) => [size, lastModified];
