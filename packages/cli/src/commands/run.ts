import type { GenerateOptions, Prompt } from '@tama/core';
import { defineCommand } from '../command.ts';
import { flag, number, type OptionValues, text, tokenIds } from '../command-line/option.ts';
import { defined } from '../defined.ts';
import { exitCodes } from '../exit-codes.ts';
import { inputText } from '../input-text.ts';
import { print } from '../io.ts';
import { checkDecodingOptions, decodingOptions, withDecoding } from '../model/decoding-options.ts';
import { engineOptions } from '../model/engine-options.ts';
import { modelArgument } from '../model/model-argument.ts';
import { replyJson, shown, streamReply } from '../model/reply.ts';
import { samplingOptions, toSamplingOptions } from '../model/sampling-options.ts';
import { noteDemoModel } from '../model/with-engine.ts';
import { ConflictError, MissingArgumentError } from '../usage-errors.ts';

const options = {
  raw: flag({
    en: 'continue the prompt as plain text after bos, without the chat template',
    ja: 'チャットのテンプレートを使わず、入力を文章としてそのまま続けます（先頭にbosだけを付けます）',
  }),
  tokens: tokenIds({
    en: 'feed these ids exactly as they are, instead of a prompt',
    ja: '入力文の代わりに、このトークンID列をそのまま与えます',
  }),
  system: text('TEXT', {
    en: 'instructions put before the prompt, in the same turn',
    ja: '入力の前に置く指示。同じターンに含まれます',
  }),
  maxTokens: number(
    'N',
    { min: 0, max: 2 ** 20, integer: true },
    {
      en: 'stop after N new tokens (default: until the context is full)',
      ja: '最大でNトークンを生成します（既定はコンテキストの上限まで）',
    },
  ),
  ignoreEos: flag({
    en: 'do not stop at <eos> and <end_of_turn>',
    ja: '<eos> と <end_of_turn> で止まらずに続けます',
  }),
  ...samplingOptions,
  ...decodingOptions,
  json: flag({
    en: 'print {"ids": [...], "text": ..., "finishReason": ...} at the end',
    ja: '最後に {"ids": [...], "text": ..., "finishReason": ...} を出力します',
  }),
  ...engineOptions,
} as const;

export const run = defineCommand({
  name: 'run',
  summary: { en: 'Answer one prompt and stop', ja: '1つの入力に答えて終了します' },
  details: {
    en: "The answer streams to stdout; everything else goes to stderr. The prompt is one turn of a user, put into\nGemma 2's chat template; with --raw it is text to be continued. `-` reads the prompt from stdin.",
    ja: '返答を標準出力に、それ以外を標準エラー出力に書きます。入力はGemma 2のチャットテンプレートで1つの発言に\nなります。--raw では続きを書く文章として扱います。`-` は標準入力から読みます。',
  },
  arguments: {
    model: modelArgument,
    prompt: {
      name: 'PROMPT',
      required: false,
      summary: { en: 'the text to answer, or - for stdin', ja: '入力文。- なら標準入力から読みます' },
    },
  },
  options,
  examples: [
    {
      line: 'tama run demo "I like green tea."',
      explanation: { en: 'The demo model translates short sentences', ja: 'デモモデルは短い文を翻訳します' },
    },
    {
      line: 'tama run gemma.gguf "Write a haiku about rain." --temperature 0.8 --top-k 64 --seed 7',
      explanation: { en: 'Sampling that can be repeated', ja: '同じ結果を再現できる、確率的な生成' },
    },
    {
      line: 'tama run gemma.gguf --raw "Once upon a time" --max-tokens 50',
      explanation: { en: 'Continue a text', ja: '文章の続きを書かせる' },
    },
    {
      line: 'tama run gemma.gguf - < question.txt > answer.txt',
      explanation: { en: 'From file to file', ja: 'ファイルからファイルへ' },
    },
    {
      line: 'tama run demo --tokens 2,5,1275,7 --max-tokens 8 --json',
      explanation: { en: 'Ids in, JSON out, for scripts', ja: 'スクリプト向け: トークンIDを与え、JSONで受け取る' },
    },
    {
      line: 'tama run demo "I like green tea." --logprobs 3',
      explanation: { en: 'How sure the model was of every token', ja: '各トークンの確からしさを見る' },
    },
    {
      line: 'tama run gemma-2-9b.gguf - --draft gemma-2-2b.gguf --verbose < question.txt',
      explanation: { en: 'The 2B guesses, the 9B decides', ja: '2Bが予測し、9Bが決める' },
    },
  ],
  async run(context, { model, prompt }, options) {
    const { io } = context;
    checkUsage(prompt, options);
    checkDecodingOptions('run', options);
    const generate: GenerateOptions = {
      ...toSamplingOptions('run', options),
      ...defined({ maxTokens: options.maxTokens, ignoreEos: options.ignoreEos }),
      signal: io.signal,
    };
    const typed = options.tokens ? undefined : prompt === '-' ? await inputText(io) : prompt!;
    return withDecoding(context, model, options, async (engine, decoding) => {
      noteDemoModel(context, model, engine);
      const events = engine.generate(toPrompt(typed, options), { ...generate, ...decoding });
      const reply = await streamReply(context, events, shown(options));
      if (options.json) await print(io, replyJson(reply));
      io.signal.throwIfAborted();
      return exitCodes.success;
    });
  },
});

type RunOptions = OptionValues<typeof options>;

function checkUsage(prompt: string | undefined, { tokens, raw, system }: RunOptions): void {
  if (tokens && prompt !== undefined) throw new ConflictError('run', '`--tokens`', 'PROMPT');
  if (tokens && raw) throw new ConflictError('run', '`--tokens`', '`--raw`');
  if (tokens && system !== undefined) throw new ConflictError('run', '`--tokens`', '`--system`');
  if (raw && system !== undefined) throw new ConflictError('run', '`--raw`', '`--system`');
  if (!tokens && prompt === undefined) {
    throw new MissingArgumentError('run', {
      en: 'a PROMPT, - for stdin, or `--tokens`',
      ja: ' PROMPT（- なら標準入力）か `--tokens` ',
    });
  }
}

function toPrompt(typed: string | undefined, { tokens, raw, system }: RunOptions): Prompt {
  if (tokens) return { tokens };
  if (raw) return typed!;
  return {
    messages: [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      { role: 'user', content: typed! },
    ],
  };
}
