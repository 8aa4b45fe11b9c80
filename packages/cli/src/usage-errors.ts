import { type ErrorTexts, TamaError } from '@tama/errors';
import type { Texts } from './locale.ts';

/** The command line asks for something that does not exist or does not fit together: exit code 2. */
export abstract class UsageError extends TamaError {}

/** What an error about a wrong command line ends with: where its help is. */
const seeHelp = (command?: string): Texts => {
  const help = command ? `tama ${command} --help` : 'tama --help';
  return { en: `\`${help}\` shows how it is used.`, ja: `使い方は \`${help}\` で確認できます。` };
};

const suggestion = (nearest: string | undefined): Texts =>
  nearest ? { en: `Did you mean \`${nearest}\`? `, ja: `もしかして \`${nearest}\` ですか? ` } : { en: '', ja: '' };

const withRemedy = (what: Texts, ...remedies: readonly Texts[]): ErrorTexts => ({
  en: { what: what.en, remedy: remedies.map(({ en }) => en).join('') },
  ja: { what: what.ja, remedy: remedies.map(({ ja }) => ja).join('') },
});

export class UnknownCommandError extends UsageError {
  constructor(command: string, nearest?: string) {
    super(
      'usage-unknown-command',
      withRemedy(
        { en: `There is no command \`${command}\`.`, ja: `\`${command}\` というコマンドはありません。` },
        suggestion(nearest),
        seeHelp(),
      ),
      { command, nearest },
    );
  }
}

export class UnknownOptionError extends UsageError {
  constructor(command: string, option: string, nearest?: string) {
    super(
      'usage-unknown-option',
      withRemedy(
        {
          en: `\`tama ${command}\` has no option \`${option}\`.`,
          ja: `\`tama ${command}\` に \`${option}\` というオプションはありません。`,
        },
        suggestion(nearest),
        option.startsWith('--')
          ? { en: '', ja: '' }
          : {
              en: 'Text that starts with a dash goes after `--`. ',
              ja: 'ハイフンで始まる文章は `--` の後に置いてください。',
            },
        seeHelp(command),
      ),
      { command, option, nearest },
    );
  }
}

/** An option without its value, or with one that it does not take. */
export class OptionValueError extends UsageError {
  constructor(command: string, option: string, value: string | undefined, allowed: Texts) {
    super(
      'usage-option-value',
      withRemedy(
        value === undefined
          ? { en: `\`${option}\` needs a value.`, ja: `\`${option}\` には値が必要です。` }
          : { en: `\`${option}\` does not take '${value}'.`, ja: `\`${option}\` に「${value}」は指定できません。` },
        { en: `Allowed: ${allowed.en}. `, ja: `指定できる値: ${allowed.ja}。` },
        seeHelp(command),
      ),
      { command, option, value, allowed: allowed.en },
    );
  }
}

/** Two parts of the command line that exclude each other. */
export class ConflictError extends UsageError {
  constructor(command: string, one: string, other: string) {
    super(
      'usage-conflict',
      withRemedy(
        { en: `${one} and ${other} exclude each other.`, ja: `${one} と ${other} は同時に指定できません。` },
        { en: 'Give only one of them. ', ja: 'どちらか一方だけを指定してください。' },
        seeHelp(command),
      ),
      { command, one, other },
    );
  }
}

/** OUT would take the place of what is read for it. */
export class ReplacesModelError extends UsageError {
  constructor(command: string, output: string) {
    super(
      'usage-replaces-model',
      withRemedy(
        {
          en: `Writing '${output}' would replace files of the model itself.`,
          ja: `「${output}」に書き出すと、変換元のモデルのファイルが上書きされます。`,
        },
        { en: 'Give OUT another name or folder. ', ja: 'OUTには別の名前かフォルダーを指定してください。' },
        seeHelp(command),
      ),
      { command, output },
    );
  }
}

/** Something that the command cannot do without. */
export class MissingArgumentError extends UsageError {
  constructor(command: string, argument: Texts) {
    super(
      'usage-missing-argument',
      withRemedy(
        { en: `\`tama ${command}\` needs ${argument.en}.`, ja: `\`tama ${command}\` には${argument.ja}が必要です。` },
        seeHelp(command),
      ),
      { command, argument: argument.en },
    );
  }
}

export class UnexpectedArgumentError extends UsageError {
  /** @param namesModel the command takes its model by `--model`, where others take it first */
  constructor(command: string, argument: string, namesModel = false) {
    const remedy: Texts = namesModel
      ? { en: 'Name the model by --model. ', ja: 'モデルは `--model` で指定してください。' }
      : { en: 'Put text with spaces in quotes. ', ja: '空白を含む文章は引用符で囲んでください。' };
    super(
      'usage-unexpected-argument',
      withRemedy(
        {
          en: `\`tama ${command}\` does not know what to do with '${argument}'.`,
          ja: `\`tama ${command}\` に余分な引数「${argument}」があります。`,
        },
        remedy,
        seeHelp(command),
      ),
      { command, argument },
    );
  }
}

/** A REFERENCE that names no place to download from. */
export class NotDownloadableError extends UsageError {
  constructor(reference: string) {
    super(
      'usage-not-downloadable',
      withRemedy(
        {
          en: `'${reference}' is neither a reference to a hub nor the URL of a file.`,
          ja: `「${reference}」はハブの参照でもファイルのURLでもありません。`,
        },
        {
          en: 'Write hf:OWNER/REPO, hf:OWNER/REPO/FILE.gguf or https://…; files on disk are used in place. ',
          ja: 'hf:OWNER/REPO、hf:OWNER/REPO/FILE.gguf、https://… のいずれかを指定してください（ディスク上のファイルはそのまま使えます）。',
        },
        seeHelp('pull'),
      ),
      { reference },
    );
  }
}
