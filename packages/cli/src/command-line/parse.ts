import { parseArgs } from 'node:util';
import type { ArgumentTable, ArgumentValues, CommandDescription } from '../command.ts';
import {
  MissingArgumentError,
  OptionValueError,
  UnexpectedArgumentError,
  UnknownOptionError,
} from '../usage-errors.ts';
import { nearest } from './nearest.ts';
import { type OptionTable, type OptionValues, optionName, rejected } from './option.ts';

/**
 * Arguments and options of a command. The last of a repeated option counts, so that scripts can append their own.
 * @throws {UsageError} naming the option, the value and what is allowed
 */
export function parseCommandLine<Arguments extends ArgumentTable, Options extends OptionTable>(
  command: CommandDescription,
  args: readonly string[],
): { arguments: ArgumentValues<Arguments>; options: OptionValues<Options> } {
  const keys = new Map(Object.keys(command.options).map((key) => [optionName(key), key]));
  const { tokens } = parseArgs({
    args: [...args],
    strict: false, // parseArgs' own messages are English and know no range
    tokens: true,
    options: Object.fromEntries(
      [...keys].map(([name, key]) => [
        name.slice(2),
        { type: command.options[key]!.kind === 'flag' ? 'boolean' : 'string' },
      ]),
    ),
  });

  const positionals: string[] = [];
  const options: Record<string, unknown> = {};
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const key = keys.get(token.rawName);
    if (!key)
      throw new UnknownOptionError(command.name, token.rawName, nearest(token.rawName, [...keys.keys(), '--help']));
    options[key] = optionValue(command, key, token.value, token.inlineValue ?? false);
  }
  return {
    arguments: namedArguments(command, positionals) as ArgumentValues<Arguments>,
    options: options as OptionValues<Options>,
  };
}

function optionValue(command: CommandDescription, key: string, raw: string | undefined, inline: boolean): unknown {
  const option = command.options[key]!;
  const name = optionName(key);
  if (option.kind === 'flag') {
    if (raw === undefined) return true;
    throw new OptionValueError(command.name, name, raw, { en: 'no value', ja: '値なし' });
  }
  // `--temperature --seed 3` forgot a value; `--system=--seed` means it.
  if (raw === undefined || (!inline && raw.startsWith('--')))
    throw new OptionValueError(command.name, name, undefined, option.allowed);
  const value = option.parse(raw);
  if (value === rejected) throw new OptionValueError(command.name, name, raw, option.allowed);
  return value;
}

function namedArguments(
  command: CommandDescription,
  positionals: readonly string[],
): Record<string, string | undefined> {
  const specs = Object.entries(command.arguments);
  const surplus = positionals[specs.length];
  if (surplus !== undefined) throw new UnexpectedArgumentError(command.name, surplus, 'model' in command.options);
  return Object.fromEntries(
    specs.map(([key, { name, required }], index) => {
      const value = positionals[index];
      if (required && value === undefined) throw new MissingArgumentError(command.name, { en: name, ja: name });
      return [key, value];
    }),
  );
}
