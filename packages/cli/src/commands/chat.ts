import type { ChatSession } from '@tama/core';
import { explain, isTamaError } from '@tama/errors';
import { type Context, defineCommand } from '../command.ts';
import { flag, number, type OptionValues, text } from '../command-line/option.ts';
import { defined } from '../defined.ts';
import { InterruptedError } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { note, print } from '../io.ts';
import type { Texts } from '../locale.ts';
import { checkDecodingOptions, decodingOptions, withDecoding } from '../model/decoding-options.ts';
import { engineOptions } from '../model/engine-options.ts';
import { modelArgument } from '../model/model-argument.ts';
import { replyJson, shown, streamReply } from '../model/reply.ts';
import { samplingOptions, toSamplingOptions } from '../model/sampling-options.ts';
import { noteDemoModel } from '../model/with-engine.ts';
import { pipedInput, terminalInput } from '../terminal/chat-input.ts';

const options = {
  system: text('TEXT', {
    en: 'instructions for the whole conversation, put before the first message',
    ja: '会話全体への指示。最初の発言の前に置かれます',
  }),
  maxTokens: number(
    'N',
    { min: 0, max: 2 ** 20, integer: true },
    {
      en: 'at most N tokens a reply (default: until the context is full)',
      ja: '1回の返答は最大Nトークン（既定はコンテキストの上限まで）',
    },
  ),
  ...samplingOptions,
  ...decodingOptions,
  json: flag({
    en: 'print each reply as a line {"ids": [...], "text": ..., "finishReason": ...}',
    ja: '返答ごとに {"ids": [...], "text": ..., "finishReason": ...} を1行で出力します',
  }),
  ...engineOptions,
} as const;

export const chat = defineCommand({
  name: 'chat',
  summary: { en: 'Talk with the model', ja: 'モデルと会話します' },
  details: {
    en: 'Type a message and press Enter. /new starts a new conversation, /help lists the commands, /exit or Ctrl-D\nends. Ctrl-C stops a reply, or takes back what was typed; pressed again it ends the program. Lines that are pasted are\none message. When stdin is not a terminal, every line is a message and every reply goes to stdout.',
    ja: '文章を入力してEnterを押してください。/new で新しい会話、/help でコマンド一覧、/exit またはCtrl-Dで終了します。\nCtrl-Cは返答を止めるか、入力中の文章を取り消します。もう一度押すと終了します。貼り付けた複数の行は1つの発言に\nなります。標準入力が端末でないときは、1行を1つの発言として読み、返答を標準出力に書きます。',
  },
  arguments: { model: modelArgument },
  options,
  examples: [
    { line: 'tama chat demo', explanation: { en: 'The model that comes with Tama', ja: '付属のデモモデル' } },
    {
      line: 'tama chat gemma-2-2b-jpn-it.gguf --system "敬語で答えてください。" --temperature 0.7',
      explanation: { en: 'With instructions, and varied replies', ja: '指示を与え、多様な返答を得る' },
    },
    {
      line: "printf 'Hello!\\nこんにちは\\n' | tama chat demo --json",
      explanation: { en: 'A conversation from a script', ja: 'スクリプトから会話する' },
    },
  ],
  async run(context, { model }, options) {
    const chatOptions = {
      ...toSamplingOptions('chat', options),
      ...defined({ maxTokens: options.maxTokens, system: options.system }),
    };
    checkDecodingOptions('chat', options);
    return withDecoding(context, model, options, async (engine, decoding) => {
      const { ChatSession, TokenizerMissingError } = await import('@tama/core');
      if (!engine.info.hasTokenizer) throw new TokenizerMissingError(engine.info.name);
      noteDemoModel(context, model, engine);
      return converse(context, new ChatSession(engine, { ...chatOptions, ...decoding }), options);
    });
  },
});

type ChatOptions = OptionValues<typeof options>;

/** Message by message until the input ends. At a terminal a message that fails is taken back, and the chat goes on. */
async function converse(context: Context, session: ChatSession, options: ChatOptions): Promise<ExitCode> {
  const { io, locale } = context;
  const interactive = Boolean(io.stdin.isTTY && io.stdout.isTTY);
  let reply: AbortController | undefined; // while one is written
  let interrupted = false;
  const interrupt = () => {
    if (reply) return reply.abort(new InterruptedError());
    if (input.discard()) return;
    interrupted = true;
    input.close();
  };
  const input = interactive ? terminalInput(io, '> ', interrupt) : pipedInput(io);
  if (interactive) note(io, help[locale]);
  try {
    for (let line = await input.next(); line !== undefined; line = await input.next()) {
      const command = line.trim();
      if (command === '') continue;
      if (command === '/exit') break;
      if (command === '/new') session.clear();
      if (/^\/[a-z]+$/.test(command)) {
        note(io, (commandNotes[command] ?? unknownCommand(command))[locale]);
        continue;
      }
      reply = new AbortController();
      try {
        await answer(context, session, line, reply.signal, options);
      } catch (error) {
        if (!interactive || !isTamaError(error) || io.signal.aborted) throw error;
        const { what, remedy } = explain(error, locale);
        note(io, `${what} ${remedy}`);
      }
      reply = undefined;
    }
    return interrupted ? exitCodes.interrupted : exitCodes.success;
  } finally {
    input.close();
  }
}

async function answer(
  context: Context,
  session: ChatSession,
  message: string,
  stop: AbortSignal,
  options: ChatOptions,
): Promise<void> {
  const { io, locale } = context;
  const before = session.forgotten;
  const events = session.send(message, { signal: AbortSignal.any([io.signal, stop]) });
  const reply = await streamReply(context, events, shown(options));
  if (session.forgotten > before) note(io, leftOut(session.forgotten)[locale]);
  if (options.json) await print(io, replyJson(reply));
  else if (reply.reason === 'length') note(io, cutOff[locale]);
  io.signal.throwIfAborted();
}

const help: Texts = {
  en: '/new starts a new conversation, /exit ends, /help shows this. Ctrl-C stops a reply.',
  ja: '/new で新しい会話、/exit で終了、/help でこの説明を表示します。Ctrl-Cで返答を止められます。',
};

const leftOut = (messages: number): Texts => ({
  en: `The context is full: the first ${messages} messages are no longer sent to the model. /new starts a new conversation.`,
  ja: `コンテキストの上限に達したため、最初の${messages}件の発言はモデルに送られなくなりました。/new で新しい会話を始められます。`,
});

const cutOff: Texts = {
  en: 'The reply was cut off at --max-tokens or at the end of the context. /new starts a new conversation.',
  ja: '--max-tokens またはコンテキストの上限に達したため、返答が途切れました。/new で新しい会話を始められます。',
};

/** What is said after a command. */
const commandNotes: Readonly<Record<string, Texts>> = {
  '/help': help,
  '/new': { en: 'A new conversation begins.', ja: '新しい会話を始めます。' },
};

const unknownCommand = (command: string): Texts => ({
  en: `There is no ${command}. ${help.en}`,
  ja: `${command} というコマンドはありません。${help.ja}`,
});
