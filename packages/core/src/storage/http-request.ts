import { isTamaError } from '@tama/errors';
import {
  BadRangeAnswerError,
  HtmlAnswerError,
  HttpStatusError,
  NetworkError,
  NetworkStalledError,
} from './http-errors.ts';
import { FileMissingError } from './storage-errors.ts';

export type HttpOptions = {
  /** Sent with every request, e.g. `Authorization`. The browser drops it when a redirect leaves the origin. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Tries after the first one, counted anew whenever bytes have arrived. Default 5. */
  readonly retries?: number;
  /** A connection that is silent for this long is closed and counts as failed. Default 30,000. */
  readonly stallTimeoutMs?: number;
  readonly fetch?: typeof fetch;
  /** How to wait between tries; tests pass their own. */
  readonly wait?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
};

/** A chunk is valid until the next is asked for, or the iterating is left. */
export type Answer = { readonly response: Response; readonly chunks: AsyncIterable<Uint8Array> };

const LONGEST_WAIT_MS = 60_000;
/** Read of a body at once. */
const CHUNK_BYTES = 256 * 1024;
const RETRIABLE_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);

/** One try has failed in a way that another one may mend. */
class TransientFailure extends Error {
  readonly retryAfterMs: number | undefined;
  constructor(cause: unknown, retryAfterMs?: number) {
    super('transient', { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Sends a request and gives the answer to `use`; both are repeated, with growing pauses or those the server asks for,
 * while the failure is a passing one. `use` returns whether it made progress when it fails half way, by throwing what
 * iterating `chunks` threw.
 */
export async function withRetries<T>(
  url: string,
  init: () => RequestInit,
  use: (answer: Answer) => Promise<T>,
  options: HttpOptions,
  signal?: AbortSignal,
  progressed: () => boolean = () => false,
): Promise<T> {
  const { retries = 5, wait = waitFor } = options;
  for (let failures = 0; ; ) {
    signal?.throwIfAborted();
    try {
      return await attempt(url, init(), use, options, signal);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!(error instanceof TransientFailure)) throw error;
      failures = progressed() ? 1 : failures + 1;
      if (failures > retries)
        throw isTamaError(error.cause) ? error.cause : new NetworkError(url, failures, { cause: error.cause });
      await wait(Math.min(error.retryAfterMs ?? 500 * 2 ** (failures - 1), LONGEST_WAIT_MS), signal);
    }
  }
}

async function attempt<T>(
  url: string,
  init: RequestInit,
  use: (answer: Answer) => Promise<T>,
  { headers, stallTimeoutMs = 30_000, fetch: send = fetch }: HttpOptions,
  signal?: AbortSignal,
): Promise<T> {
  const watch = stallWatch(url, stallTimeoutMs);
  const signals = signal ? [signal, watch.signal] : [watch.signal];
  try {
    const response = await send(url, {
      ...init,
      headers: { ...headers, ...init.headers },
      signal: AbortSignal.any(signals),
      // The model goes to our own store or to the GPU; a second copy in the browser's cache would cost gigabytes.
      cache: 'no-store',
    }).catch((cause: unknown) => {
      throw new TransientFailure(cause);
    });
    try {
      checkStatus(url, response);
      return await use({ response, chunks: bodyChunks(response, watch.beat) });
    } finally {
      await response.body?.cancel().catch(() => {});
    }
  } finally {
    watch.stop();
  }
}

function checkStatus(url: string, response: Response): void {
  const { status, headers } = response;
  if (status === 404 || status === 410) throw new FileMissingError(lastName(url), url);
  if (RETRIABLE_STATUS.has(status)) throw new TransientFailure(new HttpStatusError(url, status), retryAfterMs(headers));
  if (status !== 416 && !response.ok) throw new HttpStatusError(url, status);
  if (/^text\/html\b|^application\/xhtml/i.test(headers.get('content-type') ?? '')) throw new HtmlAnswerError(url);
  // Offsets would count compressed bytes. Browsers and Node ask for identity with a range, but a proxy may not listen.
  const encoding = headers.get('content-encoding');
  if (encoding && encoding !== 'identity') throw new BadRangeAnswerError(url, 'identity', encoding);
}

async function* bodyChunks(response: Response, beat: () => void): AsyncGenerator<Uint8Array> {
  if (!response.body) return;
  const { read, close } = bodyReader(response.body);
  try {
    for (;;) {
      const { done, value } = await read().catch((cause: unknown) => {
        throw new TransientFailure(cause);
      });
      if (done || !value) return;
      beat();
      yield value;
    }
  } finally {
    await close();
  }
}

/** Memories of bodies that were read, for the next bodies; as many as are read at once. */
const spareMemories: ArrayBuffer[] = [];

/**
 * Reads into the same memory again and again where the stream can, also from one body to the next: chunks of its own, or
 * a memory for each range of a checkpoint, pile up to a hundred megabytes before they are collected.
 */
function bodyReader(body: ReadableStream<Uint8Array<ArrayBuffer>>): {
  readonly read: () => Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  readonly close: () => Promise<void>;
} {
  // Leaving early closes the connection; the stream must be unlocked for that.
  const leave = async (reader: Pick<ReadableStreamBYOBReader, 'cancel' | 'releaseLock'>) => {
    await reader.cancel().catch(() => {});
    reader.releaseLock();
  };
  try {
    const reader = body.getReader({ mode: 'byob' });
    let memory: ArrayBuffer | undefined = spareMemories.pop() ?? new ArrayBuffer(CHUNK_BYTES);
    const read = async () => {
      // The stream takes the memory and gives it back with what it has read, but not when it fails.
      const view = new Uint8Array(memory!);
      memory = undefined;
      const { done, value } = await reader.read(view);
      memory = value?.buffer;
      return { done, value };
    };
    const close = async () => {
      await leave(reader);
      if (memory) spareMemories.push(memory);
      memory = undefined;
    };
    return { read, close };
  } catch {
    const reader = body.getReader(); // not a stream of bytes: older browsers
    return { read: () => reader.read(), close: () => leave(reader) };
  }
}

/** The body ended before what it promised: worth another try from where it ended. */
export const brokenOff = (url: string): Error => new TransientFailure(new Error(`the body of ${url} broke off`));

function stallWatch(url: string, milliseconds: number) {
  const controller = new AbortController();
  const stalled = () => controller.abort(new NetworkStalledError(url, milliseconds));
  let timer = setTimeout(stalled, milliseconds);
  return {
    signal: controller.signal,
    stop: () => clearTimeout(timer),
    beat() {
      clearTimeout(timer);
      timer = setTimeout(stalled, milliseconds);
    },
  };
}

/** Retry-After holds seconds or a date. */
function retryAfterMs(headers: Headers): number | undefined {
  const text = headers.get('retry-after');
  if (!text) return undefined;
  const milliseconds = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

function waitFor(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', cancel);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', cancel, { once: true });
  });
}

/** The last name in a URL's path, without its escapes. */
export function lastName(url: string): string {
  const { pathname, hostname } = new URL(url);
  const last = pathname.split('/').findLast((segment) => segment !== '') ?? hostname;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
