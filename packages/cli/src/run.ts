import { explain, isTamaError, type Locale } from '@tama/errors';
import type { Command } from './command.ts';
import { nearest } from './command-line/nearest.ts';
import { commands } from './commands/index.ts';
import type { Dependencies } from './dependencies.ts';
import { InterruptedError, OutputClosedError } from './errors.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { commandHelp, generalHelp } from './help.ts';
import { type Io, note, print } from './io.ts';
import { localeOf } from './locale.ts';
import { UnknownCommandError, UsageError } from './usage-errors.ts';

/** Runs one command line, e.g. `['run', 'demo', 'Hello!']`, and says how it ended. Throws nothing. */
export async function run(argv: readonly string[], io: Io, dependencies: Dependencies): Promise<ExitCode> {
  const locale = localeOf(io.env);
  try {
    return await dispatch(argv, io, locale, dependencies);
  } catch (error) {
    // Whatever failed because the command was stopped, the reason is the stop.
    return report(io.signal.aborted ? io.signal.reason : error, io, locale, argv.includes('--verbose'));
  }
}

/** Says what went wrong, unless the person or the reader of the pipe knows, and how the process is to end. */
function report(error: unknown, io: Io, locale: Locale, verbose: boolean): ExitCode {
  if (error instanceof InterruptedError) return exitCodes.interrupted;
  if (error instanceof OutputClosedError) return exitCodes.success; // `head` has enough: no failure
  const { what, remedy } = explain(error, locale);
  note(io, `tama: ${what}${remedy ? `\n${remedy}` : ''}`);
  if (!isTamaError(error) && verbose) note(io, String((error as Error | null)?.stack ?? error));
  return error instanceof UsageError || isTamaError(error, 'option') ? exitCodes.usage : exitCodes.failure;
}

async function dispatch(
  [name, ...args]: readonly string[],
  io: Io,
  locale: Locale,
  dependencies: Dependencies,
): Promise<ExitCode> {
  if (name === undefined) {
    note(io, generalHelp(commands, locale));
    return exitCodes.usage;
  }
  if (name === '--version') {
    await print(io, `${dependencies.version}\n`);
    return exitCodes.success;
  }
  if (isHelp(name) || name === 'help') {
    const [topic] = args.filter((arg) => !isHelp(arg));
    const text = topic === undefined ? generalHelp(commands, locale) : commandHelp(find(topic), locale);
    await print(io, `${text}\n`);
    return exitCodes.success;
  }
  const command = find(name);
  const beforeText = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  if (beforeText.some(isHelp)) {
    await print(io, `${commandHelp(command, locale)}\n`);
    return exitCodes.success;
  }
  return command.execute(args, { io, locale, dependencies });
}

const isHelp = (arg: string) => arg === '--help' || arg === '-h';

function find(name: string): Command {
  const command = commands.find((command) => command.name === name);
  if (command) return command;
  const names = commands.map(({ name }) => name);
  throw new UnknownCommandError(name, nearest(name, [...names, 'help', '--version']));
}
