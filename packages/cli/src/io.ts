import type { Readable, Writable } from 'node:stream';
import { InterruptedError, OutputClosedError, OutputFailedError } from './errors.ts';

/** What a command may touch of the process, so that tests can hand it their own. */
export type Io = {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C ({@link InterruptedError}) or when the answer cannot be written any more. */
  readonly signal: AbortSignal;
};

/** Writes a part of the answer, and waits until it has left us. */
export function print({ stdout, signal }: Io, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop);
    stdout.write(stdout.isTTY ? withoutControls(text) : text, (error) => {
      signal.removeEventListener('abort', stop);
      if (error) reject(outputError(error));
      else resolve();
    });
  });
}

/** A pipe whose reader has enough is one thing, a full disk another. */
const outputError = (cause: NodeJS.ErrnoException): OutputClosedError | OutputFailedError =>
  cause.code === 'EPIPE' || cause.code === 'ERR_STREAM_DESTROYED'
    ? new OutputClosedError({ cause })
    : new OutputFailedError(cause);

/** A line for the person at the terminal, not for a script that reads the answer. */
export function note({ stderr }: Io, text: string): void {
  stderr.write(`${withoutControls(text)}\n`);
}

/** Text of a model or a file must not move the cursor, retitle the window or worse. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const withoutControls = (text: string): string => text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '');

/** Standard input in the pieces in which it arrives; ends with an error when the command is stopped. */
export async function* inputBytes({ stdin, signal }: Io): AsyncGenerator<Uint8Array> {
  const stop = () => stdin.destroy();
  signal.addEventListener('abort', stop);
  try {
    signal.throwIfAborted();
    yield* stdin as AsyncIterable<Uint8Array>;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** The process as seen by commands. The second Ctrl-C ends it at once. */
export function processIo(): Io {
  const stop = new AbortController();
  process.on('SIGINT', () => {
    if (!stop.signal.aborted) return stop.abort(new InterruptedError());
    // Not by process.exit: what it cleans up is still in use by the threads of a GPU driver, which then crash.
    process.removeAllListeners('SIGINT');
    process.kill(process.pid, 'SIGINT');
  });
  // Without a listener a closed pipe would end the process with a stack trace.
  process.stdout.on('error', (cause) => stop.abort(outputError(cause)));
  process.stderr.on('error', () => {});
  const { stdin, stdout, stderr, env } = process;
  return { stdin, stdout, stderr, env, signal: stop.signal };
}

/** Resolves when everything written so far has been handed to the operating system, or never will be. */
export const flushed = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    if (stream.writable) stream.write('', () => resolve());
    else resolve();
  });
