import { createInterface, type Key } from 'node:readline';
import { decodeUtf8, inputLines } from '../input-text.ts';
import type { Io } from '../io.ts';

/** Where the messages of a chat come from. */
export type ChatInput = {
  /** The next message; nothing when there is no more. */
  next(): Promise<string | undefined>;
  /** Takes away what was typed and not sent. False where there is nothing. */
  discard(): boolean;
  close(): void;
};

/** Asks the terminal to mark what is pasted, and no longer to. */
const markPastes = { on: '\x1b[?2004h', off: '\x1b[?2004l' };

/**
 * A person types: line editing and history, with the width of Japanese right. Lines that are pasted are one message, with
 * what is typed until Enter. `onInterrupt` is called at Ctrl-C.
 */
export function terminalInput({ stdin, stdout, signal }: Io, prompt: string, onInterrupt: () => void): ChatInput {
  const terminal = createInterface({ input: stdin, output: stdout, terminal: true, prompt });
  let open = true;
  terminal.on('close', () => {
    open = false;
    stdout.write(markPastes.off);
  });
  stdout.write(markPastes.on);
  let pasting = false;
  stdin.on('keypress', (_, { name }: Key) => {
    if (name === 'paste-start' || name === 'paste-end') pasting = name === 'paste-start';
  });
  let unsent: string[] = [];
  /** For every line that waits to be read the message that it ends, and nothing where it ended within a paste. */
  const messages: (string | undefined)[] = [];
  terminal.on('line', (line) => {
    unsent.push(line);
    messages.push(pasting ? undefined : unsent.join('\n'));
    if (!pasting) unsent = [];
  });
  const close = () => terminal.close();
  // While readline holds the terminal in raw mode, Ctrl-C comes to it and not as a signal of the process.
  terminal.on('SIGINT', onInterrupt);
  signal.addEventListener('abort', close);
  const lines = terminal[Symbol.asyncIterator]();
  return {
    async next() {
      if (open) terminal.prompt(true); // true keeps what was typed during the reply
      for (let line = await lines.next(); !line.done; line = await lines.next()) {
        const message = messages.shift();
        if (message !== undefined) return message;
      }
      stdout.write('\n'); // leaves the line of the prompt
      return undefined;
    },
    discard() {
      if (terminal.line === '' && unsent.length === 0) return false;
      unsent = [];
      terminal.write(null, { ctrl: true, name: 'e' });
      terminal.write(null, { ctrl: true, name: 'u' });
      return true;
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
    discard: () => false,
    close: () => void lines.return(undefined),
  };
}
