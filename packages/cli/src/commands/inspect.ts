import { defineCommand } from '../command.ts';
import { flag } from '../command-line/option.ts';
import { defined } from '../defined.ts';
import { exitCodes } from '../exit-codes.ts';
import { print } from '../io.ts';
import { engineOptions } from '../model/engine-options.ts';
import { modelArgument } from '../model/model-argument.ts';
import { inspectionReport } from '../terminal/inspection-report.ts';
import { progressOn } from '../terminal/progress.ts';

const verifying = { en: 'Reading the weights', ja: '重みを読んでいます' };

export const inspect = defineCommand({
  name: 'inspect',
  summary: { en: 'Show what a model file is, without running it', ja: 'モデルを実行せずに、その内容を表示します' },
  details: {
    en: 'Reads the headers only: no weights and no GPU, and of a URL a few hundred kilobytes. The graphics memory is planned\nfor --context N tokens and --weights; the other options of the engine are accepted and change nothing here.\nWith --verify every weight is read: a damaged or incomplete file, or one that holds NaN or infinity, ends with the\nreason and exit code 1.',
    ja: 'ヘッダーだけを読みます。重みは読まず、GPUも使いません。URLの場合も数百kBで済みます。グラフィックメモリーは\n--context N トークン分を --weights に従って計算します。エンジンのその他のオプションは結果に影響しません。\n--verify を付けるとすべての重みを読み、壊れている、足りない、NaNや無限大を含む場合は、理由を表示して終了コード1で終わります。',
  },
  arguments: { model: modelArgument },
  options: {
    verify: flag({ en: 'read every weight and check it', ja: 'すべての重みを読んで検査します' }),
    json: flag({ en: 'print everything as JSON', ja: 'すべてをJSONで出力します' }),
    ...engineOptions,
  },
  examples: [
    { line: 'tama inspect demo', explanation: { en: 'The model that comes with Tama', ja: '付属のデモモデル' } },
    {
      line: 'tama inspect path/to/gemma-2-2b-it --json | jq .config',
      explanation: { en: 'A folder, for a script', ja: 'フォルダーをスクリプトで調べる' },
    },
    {
      line: 'tama inspect gemma-2-2b-it-Q4_K_M.gguf --verify',
      explanation: { en: 'Is the file sound?', ja: 'ファイルが壊れていないか確かめる' },
    },
  ],
  async run({ io, locale, dependencies }, { model }, { json, verify, context, weights, verbose }) {
    const progress = progressOn(io, locale, verbose ?? false);
    const inspection = await dependencies
      .inspect(model, io.signal, {
        ...defined({ context, weights }),
        ...(verify ? { verify: (done, total) => progress.report(verifying, done, total) } : {}),
      })
      .finally(() => progress.end());
    const report = json
      ? `${JSON.stringify({ ...inspection, warnings: inspection.warnings.map(({ en }) => en) })}\n`
      : inspectionReport(inspection, context, locale);
    await print(io, report);
    return exitCodes.success;
  },
});
