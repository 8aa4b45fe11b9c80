import { createInterface } from 'node:readline';
import { decodeUtf8, inputLines } from '../input-text.ts';
import type { Io } from '../io.ts';

/** Where the messages of a chat come from. */
export type ChatInput = {
  /** The next message; nothing when there is no more. */
  next(): Promise<string | undefined>;
  close(): void;
};

/** A person types: line editing and history, with the width of Japanese right. `onInterrupt` is called at Ctrl-C. */
export function terminalInput({ stdin, stdout, signal }: Io, prompt: string, onInterrupt: () => void): ChatInput {
  const terminal = createInterface({ input: stdin, output: stdout, terminal: true, prompt });
  let open = true;
  terminal.on('close', () => {
    open = false;
  });
  const close = () => terminal.close();
  // While readline holds the terminal in raw mode, Ctrl-C comes to it and not as a signal of the process.
  terminal.on('SIGINT', onInterrupt);
  signal.addEventListener('abort', close);
  const lines = terminal[Symbol.asyncIterator]();
  return {
    async next() {
      if (open) terminal.prompt(true); // true keeps what was typed during the reply
      const { value, done } = await lines.next();
      if (!done) return value;
      stdout.write('\n'); // leaves the line of the prompt
      return undefined;
    },
    close() {
      signal.removeEventListener('abort', close);
      close();
    },
  };
}

/** A script writes: one message a line. */
export function pipedInput(io: Io): ChatInput {
  const lines = (async function* () {
    for await (const complete of inputLines(io)) for (const line of complete) yield decodeUtf8(line);
  })();
  return {
    next: async () => (await lines.next()).value ?? undefined,
    close: () => void lines.return(undefined),
  };
}
