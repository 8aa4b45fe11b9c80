import type { Locale } from '@tama/errors';
import type { OptionTable, OptionValues } from './command-line/option.ts';
import { parseCommandLine } from './command-line/parse.ts';
import type { Dependencies } from './dependencies.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';
import type { Texts } from './locale.ts';

/** Where a command runs: streams, language, and the outer world it may call. */
export type Context = {
  readonly io: Io;
  readonly locale: Locale;
  readonly dependencies: Dependencies;
};

export type ArgumentSpec = { readonly name: string; readonly required: boolean; readonly summary: Texts };
export type ArgumentTable = Readonly<Record<string, ArgumentSpec>>;
export type ArgumentValues<Table extends ArgumentTable> = {
  readonly [Key in keyof Table]: Table[Key]['required'] extends true ? string : string | undefined;
};

/** Everything that `--help` tells about a command. Arguments come in the order of the table. */
export type CommandDescription = {
  readonly name: string;
  readonly summary: Texts;
  /** Paragraphs below the usage line: what one must know to use it well. */
  readonly details: Texts;
  readonly arguments: ArgumentTable;
  readonly options: OptionTable;
  readonly examples: readonly { readonly line: string; readonly explanation: Texts }[];
};

export type Command = CommandDescription & {
  execute(args: readonly string[], context: Context): Promise<ExitCode>;
};

type CommandSpec<Arguments extends ArgumentTable, Options extends OptionTable> = CommandDescription & {
  readonly arguments: Arguments;
  readonly options: Options;
  run(context: Context, args: ArgumentValues<Arguments>, options: OptionValues<Options>): Promise<ExitCode>;
};

/** A command from its tables: arguments and options arrive in `run` parsed, checked and typed. */
export function defineCommand<const Arguments extends ArgumentTable, const Options extends OptionTable>(
  spec: CommandSpec<Arguments, Options>,
): Command {
  return {
    ...spec,
    async execute(args, context) {
      const parsed = parseCommandLine<Arguments, Options>(spec, args);
      return spec.run(context, parsed.arguments, parsed.options);
    },
  };
}
