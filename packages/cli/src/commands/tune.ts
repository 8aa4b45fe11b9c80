import type { Tuned } from '@tama/core';
import { defineCommand } from '../command.ts';
import { flag } from '../command-line/option.ts';
import { exitCodes } from '../exit-codes.ts';
import { note, print } from '../io.ts';
import { engineOptions } from '../model/engine-options.ts';
import { modelArgument } from '../model/model-argument.ts';
import { withEngine } from '../model/with-engine.ts';

const { tuning: _, ...options } = engineOptions;

export const tune = defineCommand({
  name: 'tune',
  summary: {
    en: 'Measure which variants of the kernels are the fastest here',
    ja: 'この環境で最も速いカーネルの種類を測定します',
  },
  details: {
    en: "Loads the model, times the variants on its own weights (about a second of the GPU's time; compiling them takes longer\non a software adapter), and keeps the choice in the cache folder for later starts. On a hardware adapter a first\nstart does this by itself; --tuning off leaves it out.",
    ja: 'モデルを読み込み、その重みで各種類のカーネルを計測し（GPU時間で約1秒。ソフトウェアアダプターではコンパイルに\nさらに時間がかかります）、結果をキャッシュフォルダーに保存して次回から使います。ハードウェアのGPUでは初回の\n起動時に自動で行われます。--tuning off で省略できます。',
  },
  arguments: { model: modelArgument },
  options: { json: flag({ en: 'print what was measured as JSON', ja: '測定結果をJSONで出力します' }), ...options },
  examples: [
    { line: 'tama tune gemma-2-2b-it.gguf', explanation: { en: 'The variants and their times', ja: '種類と所要時間' } },
  ],
  run(context, { model }, options) {
    const { io, locale } = context;
    return withEngine(context, model, { ...options, tuning: 'now' }, async ({ info }) => {
      const tuned = info.tuned ?? [];
      if (options.json) await print(io, `${JSON.stringify(tuned)}\n`);
      else if (tuned.length === 0) note(io, nothing[locale]);
      else await print(io, tuned.map(report).join(''));
      return exitCodes.success;
    });
  },
});

const nothing = {
  en: 'No variant could be measured: the defaults are used.',
  ja: '測定できた種類がないため、既定のものを使います。',
};

/** A line a variant, the chosen one marked. */
function report(tuned: Tuned): string {
  const name = (constants: Readonly<Record<string, number>>) =>
    Object.entries(constants)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ');
  const heading = [
    tuned.kernel,
    ...('encoding' in tuned ? [`${tuned.encoding} [${tuned.rows}, ${tuned.columns}]`] : []),
  ];
  const lines = tuned.variants.map(
    ({ constants, milliseconds }) =>
      `${name(constants) === name(tuned.constants) ? '*' : ' '} ${milliseconds.toFixed(4)} ms  ${name(constants)}`,
  );
  return `${[heading.join(' '), ...lines].join('\n')}\n`;
}
