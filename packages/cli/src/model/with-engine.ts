import type { Engine, LoadOptions } from '@tama/core';
import type { Locale } from '@tama/errors';
import type { Context } from '../command.ts';
import type { OptionValues } from '../command-line/option.ts';
import type { ExitCode } from '../exit-codes.ts';
import { note } from '../io.ts';
import type { Texts } from '../locale.ts';
import { phaseLabels, progressOn } from '../terminal/progress.ts';
import { type engineOptions, toEngineOptions } from './engine-options.ts';

/** Loads the model, tells how far it is, lends the engine, and closes it whatever happens. */
export async function withEngine(
  context: Context,
  model: string,
  options: OptionValues<typeof engineOptions>,
  use: (engine: Engine) => Promise<ExitCode>,
  planned: Pick<LoadOptions, 'speculation'> = {},
): Promise<ExitCode> {
  const { io, locale, dependencies } = context;
  const progress = progressOn(io, locale, options.verbose ?? false);
  const start = performance.now();
  let engine: Engine;
  try {
    engine = await dependencies.loadEngine(model, {
      ...toEngineOptions(options),
      ...planned,
      signal: io.signal,
      onProgress: ({ phase, loadedBytes, totalBytes }) =>
        progress.report(phaseLabels[phase], loadedBytes, phase === 'weights' ? totalBytes : 0),
    });
  } finally {
    progress.end();
  }
  try {
    if (options.verbose) note(io, describe(engine, performance.now() - start, locale));
    return await use(engine);
  } finally {
    await engine.close();
  }
}

function describe({ info }: Engine, milliseconds: number, locale: Locale): string {
  const { adapter } = info;
  const variants = [adapter.f16 ? 'f16' : 'f32', ...(adapter.subgroups ? ['subgroups'] : [])].join(', ');
  const { name, format, parameters, weightBytes, contextLength } = info;
  const device = [adapter.vendor, adapter.architecture, adapter.description].filter(Boolean).join(' ');
  const seconds = (milliseconds / 1000).toFixed(1);
  const lines: readonly Texts[] = [
    {
      en: `${name} (${format}): ${parameters} parameters, ${weightBytes} bytes, context ${contextLength}`,
      ja: `${name}（${format}）: パラメーター${parameters}個、${weightBytes}バイト、コンテキスト${contextLength}トークン`,
    },
    { en: `${device} (${variants}), ready after ${seconds} s`, ja: `${device}（${variants}）、${seconds}秒で準備完了` },
    ...info.warnings,
  ];
  return lines.map((line) => line[locale]).join('\n');
}

/** The demo model says what it is wherever it answers. */
export function noteDemoModel({ io, locale }: Context, model: string, { info }: Engine): void {
  if (model === 'demo' || /^tama[ -]demo\b/i.test(info.name)) note(io, demoNotice[locale]);
}

const demoNotice = {
  en: "This is Tama's demo: a very small model trained from scratch for demonstration, not Google's Gemma 2. It translates short sentences between English and Japanese and is often wrong.",
  ja: 'これはTamaのデモ用に一から学習した、とても小さなモデルです。GoogleのGemma 2ではありません。短い文の日英・英日翻訳ができますが、よく間違えます。',
};
