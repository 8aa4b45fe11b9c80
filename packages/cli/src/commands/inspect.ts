import { defineCommand } from '../command.ts';
import { flag } from '../command-line/option.ts';
import { exitCodes } from '../exit-codes.ts';
import { print } from '../io.ts';
import { engineOptions } from '../model/engine-options.ts';
import { modelArgument } from '../model/model-argument.ts';
import { inspectionReport } from '../terminal/inspection-report.ts';

export const inspect = defineCommand({
  name: 'inspect',
  summary: { en: 'Show what a model file is, without running it', ja: 'モデルを実行せずに、その内容を表示します' },
  details: {
    en: 'Reads the headers only: no weights and no GPU, and of a URL a few hundred kilobytes. --context N adds the size\nof the KV cache for N tokens; the other options of the engine are accepted and change nothing here.',
    ja: 'ヘッダーだけを読みます。重みは読まず、GPUも使いません。URLの場合も数百kBで済みます。--context N を付けると\nNトークン分のKVキャッシュの大きさも表示します。エンジンのその他のオプションは結果に影響しません。',
  },
  arguments: { model: modelArgument },
  options: {
    json: flag({ en: 'print everything as JSON', ja: 'すべてをJSONで出力します' }),
    ...engineOptions,
  },
  examples: [
    { line: 'tama inspect demo', explanation: { en: 'The model that comes with Tama', ja: '付属のデモモデル' } },
    {
      line: 'tama inspect path/to/gemma-2-2b-it --json | jq .config',
      explanation: { en: 'A folder, for a script', ja: 'フォルダーをスクリプトで調べる' },
    },
  ],
  async run({ io, locale, dependencies }, { model }, { json, context }) {
    const inspection = await dependencies.inspect(model, io.signal);
    await print(io, json ? `${JSON.stringify(inspection)}\n` : inspectionReport(inspection, context, locale));
    return exitCodes.success;
  },
});
