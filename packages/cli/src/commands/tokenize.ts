import type { Tokenizer } from '@tama/tokenizer';
import { type Context, defineCommand } from '../command.ts';
import { choice, flag, type OptionValues, text } from '../command-line/option.ts';
import { BadLineError } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { decodeUtf8, inputLines, inputText } from '../input-text.ts';
import { print } from '../io.ts';
import { engineOptions } from '../model/engine-options.ts';
import { ConflictError, MissingArgumentError } from '../usage-errors.ts';

const options = {
  model: text('MODEL', {
    en: 'use the tokenizer of this model: a file, a folder, an http(s) URL, or demo',
    ja: 'このモデルのトークナイザーを使います。ファイル、フォルダー、http(s)のURL、または demo',
  }),
  tokenizer: text('FILE', {
    en: 'use this vocabulary: tokenizer.model, tokenizer.json or a GGUF file',
    ja: 'この語彙を使います。tokenizer.model、tokenizer.json、またはGGUFファイル',
  }),
  bos: flag({ en: 'put bos before the ids', ja: '先頭にbosを付けます' }),
  turnMarkers: choice('KIND', ['control', 'text'], {
    en: '<start_of_turn> and <end_of_turn> become control tokens (default), or text',
    ja: '<start_of_turn> と <end_of_turn> を制御トークン control（既定）または文字列 text と見なします',
  }),
  json: flag({ en: 'print {"ids": [...]}', ja: '{"ids": [...]} の形で出力します' }),
  jsonl: flag({
    en: 'read one JSON string a line from stdin, print one {"ids": [...]} a line',
    ja: '標準入力からJSON文字列を1行ずつ読み、{"ids": [...]} を1行ずつ出力します',
  }),
  ...engineOptions,
} as const;

export const tokenize = defineCommand({
  name: 'tokenize',
  summary: { en: 'Show the token ids of a text', ja: '文章のトークンIDを表示します' },
  details: {
    en: "The ids are those of SentencePiece: nothing is added, trimmed or normalised, and bos is put in front only\nif you ask. Without TEXT, stdin is read to its end, its last newline included. No GPU is needed; the engine's\noptions are accepted and change nothing here.",
    ja: 'SentencePieceと同じIDを表示します。文章の追加・削除・正規化は行わず、bosは指定したときだけ付けます。\nTEXTを省くと標準入力を最後の改行まで含めて読みます。GPUは不要です。エンジンのオプションは指定できますが、\n結果には影響しません。',
  },
  arguments: {
    text: {
      name: 'TEXT',
      required: false,
      summary: { en: 'the text; - or nothing reads stdin', ja: '文章。- または省略時は標準入力から読みます' },
    },
  },
  options,
  examples: [
    {
      line: 'tama tokenize --model demo "I like green tea."',
      explanation: { en: 'Ids separated by spaces', ja: 'IDを空白区切りで表示' },
    },
    {
      line: 'tama tokenize --tokenizer tokenizer.model --json < article.txt',
      explanation: { en: 'A whole file, as JSON', ja: 'ファイル全体をJSONで' },
    },
    {
      line: 'jq -c .text corpus.jsonl | tama tokenize --model demo --jsonl > ids.jsonl',
      explanation: { en: 'A corpus, line by line', ja: 'コーパスを1行ずつ' },
    },
  ],
  async run(context, { text }, options) {
    const { model, tokenizer } = options;
    if (model !== undefined && tokenizer !== undefined)
      throw new ConflictError('tokenize', '`--model`', '`--tokenizer`');
    if (options.jsonl && text !== undefined) throw new ConflictError('tokenize', '`--jsonl`', 'TEXT');
    const encode = toEncoder(await openTokenizer(context, options), options);
    if (options.jsonl) return tokenizeLines(context, encode);
    const ids = encode(text === undefined || text === '-' ? await inputText(context.io) : text);
    await print(context.io, options.json ? idsJson(ids) : `${ids.join(' ')}\n`);
    return exitCodes.success;
  },
});

type TokenizeOptions = OptionValues<typeof options>;
type Encode = (text: string) => readonly number[];

const toEncoder =
  (tokenizer: Tokenizer, { bos = false, turnMarkers = 'control' }: TokenizeOptions): Encode =>
  (text) =>
    tokenizer.encode(text, { bos, turnMarkers });

function openTokenizer({ dependencies, io }: Context, { model, tokenizer }: TokenizeOptions): Promise<Tokenizer> {
  if (model !== undefined) return dependencies.modelTokenizer(model, io.signal);
  if (tokenizer !== undefined) return dependencies.fileTokenizer(tokenizer, io.signal);
  throw new MissingArgumentError('tokenize', {
    en: '`--model MODEL` or `--tokenizer FILE`',
    ja: ' `--model MODEL` か `--tokenizer FILE` ',
  });
}

const idsJson = (ids: readonly number[]) => `${JSON.stringify({ ids })}\n`;

/** Answers every piece of input as soon as it is there, and reads on only when the answer is taken. */
async function tokenizeLines({ io }: Context, encode: Encode): Promise<ExitCode> {
  let number = 0;
  for await (const lines of inputLines(io)) {
    let answers = '';
    try {
      for (const line of lines) answers += idsJson(encode(parseLine(line, ++number)));
    } finally {
      await print(io, answers); // those before a bad line are good
    }
  }
  return exitCodes.success;
}

/** One JSON string. @throws {BadLineError} */
function parseLine(bytes: Uint8Array, number: number): string {
  let value: unknown;
  try {
    const line = decodeUtf8(bytes);
    value = JSON.parse(number === 1 ? line.replace(/^\uFEFF/, '') : line);
  } catch (cause) {
    throw new BadLineError(number, { en: 'is not valid JSON', ja: 'がJSONとして正しくありません' }, { cause });
  }
  if (typeof value === 'string') return value;
  const kind = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  throw new BadLineError(number, {
    en: `is JSON, but of type ${kind}`,
    ja: `のJSONは文字列ではなく${kindsInJapanese[kind] ?? kind}です`,
  });
}

/** What JSON holds besides texts; null is called that in Japanese too. */
const kindsInJapanese: Readonly<Record<string, string>> = {
  array: '配列',
  object: 'オブジェクト',
  number: '数値',
  boolean: '真偽値',
};
