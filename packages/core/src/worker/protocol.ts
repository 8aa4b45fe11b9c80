import type { SerialisedError } from '@tama/errors';
import type {
  AdapterSummary,
  GenerateEvent,
  GenerateOptions,
  LoadOptions,
  LoadProgress,
  ModelInfo,
  Prompt,
} from '../engine.ts';
import type { PickedFolder } from '../storage/picked-folder.ts';

/** What a model can be loaded from across a thread: a URL, one file, or a folder or its files. Files are not copied. */
export type WorkerModelSource = string | Blob | readonly File[] | PickedFolder;

/** The same on its way: browsers differ in whether a File that is sent still knows its path. */
export type SentModelSource = Exclude<WorkerModelSource, readonly File[]>;

/** Options without what cannot be cloned. */
export type PlainLoadOptions = Omit<LoadOptions, 'gpu' | 'onProgress' | 'signal' | 'tuningStore'>;
export type PlainGenerateOptions = Omit<GenerateOptions, 'signal' | 'speculation'> & {
  readonly speculation?: Extract<GenerateOptions['speculation'], string>;
};

/** Which of the models that a worker has loaded one after the other is meant: a closed one answers no more. */
type OfModel = { readonly model: number };

/** What the client may ask of the host, each with its answer. Streams are pulled: one `next` an event. */
export type Calls = {
  checkAdapter: { readonly request: Record<never, never>; readonly answer: AdapterSummary };
  load: {
    readonly request: { readonly source: SentModelSource; readonly options: PlainLoadOptions };
    readonly answer: OfModel & { readonly info: ModelInfo };
  };
  tokenize: { readonly request: OfModel & { readonly prompt: Prompt }; readonly answer: number[] };
  logits: {
    readonly request: OfModel & {
      readonly tokens: readonly number[];
      readonly positions: 'all' | 'last' | readonly number[];
    };
    readonly answer: Float32Array[];
  };
  generate: {
    readonly request: OfModel & {
      readonly stream: number;
      readonly prompt: Prompt;
      readonly options: PlainGenerateOptions;
    };
    readonly answer: undefined;
  };
  next: { readonly request: { readonly stream: number }; readonly answer: GenerateEvent | undefined };
  return: { readonly request: { readonly stream: number }; readonly answer: undefined };
  close: { readonly request: OfModel; readonly answer: undefined };
};

export type Method = keyof Calls;

export type ClientMessage =
  | { [M in Method]: { readonly id: number; readonly method: M } & Calls[M]['request'] }[Method]
  /** Ends the load with this call id, or the stream with this number. */
  | { readonly abort: number };

export type HostMessage =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: SerialisedError }
  | { readonly id: number; readonly progress: LoadProgress };

/** The part of a worker, a worker's global scope or a message port that the protocol needs. */
export type Port = {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
};
