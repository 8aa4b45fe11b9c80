import type { Locale } from '@tama/errors';
import type { ArgumentSpec, Command, CommandDescription } from './command.ts';
import { optionName } from './command-line/option.ts';
import type { Texts } from './locale.ts';

const headings = {
  usage: { en: 'Usage', ja: '使い方' },
  commands: { en: 'Commands', ja: 'コマンド' },
  arguments: { en: 'Arguments', ja: '引数' },
  options: { en: 'Options', ja: 'オプション' },
  examples: { en: 'Examples', ja: '例' },
} satisfies Record<string, Texts>;

/** What `tama --help` prints. */
export function generalHelp(commands: readonly Command[], locale: Locale): string {
  return [
    {
      en: 'tama: Gemma 2 in your terminal, computed by WebGPU kernels written by hand.',
      ja: 'tama: 手書きのWebGPUカーネルで動くGemma 2を、ターミナルで。',
    }[locale],
    section(headings.usage[locale], ['tama COMMAND [ARGUMENTS] [OPTIONS]']),
    section(headings.commands[locale], table(commands.map(({ name, summary }) => [name, summary[locale]]))),
    { en: modelText.en, ja: modelText.ja }[locale],
    section(headings.examples[locale], [
      'tama chat demo',
      'tama run demo "I like green tea."',
      'tama run path/to/gemma-2-2b-it-Q4_0.gguf "Why is the sky blue?" --max-tokens 200',
    ]),
    {
      en: '`tama COMMAND --help` explains a command with examples. Exit codes: 0 done, 1 failed with a reason,\n2 wrong usage, 130 stopped by Ctrl-C.',
      ja: '各コマンドの説明と例は `tama コマンド --help` で確認できます。終了コード: 0 成功、1 失敗（理由を表示）、\n2 使い方の誤り、130 Ctrl-Cによる中断。',
    }[locale],
  ].join('\n\n');
}

const modelText: Texts = {
  en: "MODEL is a file or a folder (GGUF, Hugging Face, Keras, Orbax or PyTorch), an http(s) URL,\nhf:OWNER/REPO[/FILE][@REVISION], the name of a stored model (`tama list`), or the word demo: a very small model\nthat comes with Tama and is not Google's Gemma 2.",
  ja: 'MODELには、ファイルまたはフォルダー（GGUF、Hugging Face、Keras、Orbax、PyTorch）、http(s)のURL、\nhf:OWNER/REPO[/FILE][@REVISION]、保存済みモデルの名前（`tama list`）、または demo（Tamaに付属する、とても小さな\nモデル。GoogleのGemma 2ではありません）を指定します。',
};

/** What `tama COMMAND --help` prints. */
export function commandHelp(command: CommandDescription, locale: Locale): string {
  const args = Object.values(command.arguments);
  const options = Object.entries(command.options).map(([key, option]) => [
    option.kind === 'flag' ? optionName(key) : `${optionName(key)} ${option.valueName}`,
    option.summary[locale],
  ]);
  return [
    command.summary[locale],
    section(headings.usage[locale], [['tama', command.name, ...args.map(usage), '[OPTIONS]'].join(' ')]),
    command.details[locale],
    ...(args.length > 0
      ? [section(headings.arguments[locale], table(args.map(({ name, summary }) => [name, summary[locale]])))]
      : []),
    section(headings.options[locale], table(options)),
    section(
      headings.examples[locale],
      command.examples.flatMap(({ line, explanation }) => [`# ${explanation[locale]}`, line]),
    ),
  ].join('\n\n');
}

const usage = ({ name, required }: ArgumentSpec) => (required ? name : `[${name}]`);

const section = (heading: string, lines: readonly string[]) =>
  [`${heading}:`, ...lines.map((line) => `  ${line}`)].join('\n');

/** Two columns; the first holds ASCII only, so that its length is its width. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const width = Math.max(...rows.map(([left = '']) => left.length));
  return rows.map(([left = '', right]) => `${left.padEnd(width)}  ${right}`);
}
