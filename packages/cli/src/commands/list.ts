import type { StoredModel } from '@tama/core';
import type { Locale } from '@tama/errors';
import { defineCommand } from '../command.ts';
import { flag } from '../command-line/option.ts';
import { exitCodes } from '../exit-codes.ts';
import { note, print } from '../io.ts';
import { byteSize } from '../terminal/byte-size.ts';

export const list = defineCommand({
  name: 'list',
  summary: { en: 'Show the models stored on this machine', ja: '保存されているモデルの一覧を表示します' },
  details: {
    en: 'Those that `tama pull` has downloaded, whole or in part. They are in the cache folder of the platform, or in the\nfolder that TAMA_CACHE names.',
    ja: '`tama pull` でダウンロードしたモデルを、途中のものも含めて表示します。保存先はOSのキャッシュフォルダー、または\n環境変数 TAMA_CACHE で指定したフォルダーです。',
  },
  arguments: {},
  options: {
    json: flag({ en: 'print everything as a JSON array', ja: 'すべてをJSONの配列で出力します' }),
  },
  examples: [
    {
      line: 'tama list',
      explanation: { en: 'Name, size and source, one a line', ja: '名前、サイズ、入手元を1行ずつ' },
    },
    { line: 'tama list --json | jq -r .[].source', explanation: { en: 'For a script', ja: 'スクリプト向け' } },
  ],
  async run({ io, locale, dependencies }, _, { json }) {
    const models = await dependencies.modelStore().list();
    if (json) await print(io, `${JSON.stringify(models)}\n`);
    else if (models.length === 0) note(io, nothing[locale]);
    for (const model of json ? [] : models) await print(io, `${line(model, locale)}\n`);
    return exitCodes.success;
  },
});

const nothing = {
  en: 'No model is stored. `tama pull hf:OWNER/REPO` downloads one.',
  ja: '保存されているモデルはありません。`tama pull hf:OWNER/REPO` でダウンロードできます。',
};

function line({ name, source, complete, storedBytes, bytes }: StoredModel, locale: Locale): string {
  if (complete) return [name, byteSize(storedBytes), source].join('\t');
  const stored = byteSize(storedBytes);
  const partial = {
    en: `${bytes === undefined ? stored : `${stored} of ${byteSize(bytes)}`}, incomplete`,
    ja: `${bytes === undefined ? stored : `${byteSize(bytes)}のうち${stored}`}（未完了）`,
  };
  return [name, partial[locale], source].join('\t');
}
