import type { HubOptions } from '@tama/core';
import { defineCommand } from '../command.ts';
import { flag, rejected, text, type ValueOption } from '../command-line/option.ts';
import { defined } from '../defined.ts';
import { exitCodes } from '../exit-codes.ts';
import { note, print } from '../io.ts';
import { hubFromEnvironment } from '../model/hub-options.ts';
import { downloadProgressOn } from '../terminal/download-progress.ts';
import { ConflictError, NotDownloadableError } from '../usage-errors.ts';

const sha256: ValueOption<string> = {
  kind: 'value',
  valueName: 'HEX',
  summary: {
    en: 'the SHA-256 that the file of a URL must have (a hub tells it by itself)',
    ja: 'URLのファイルのSHA-256（ハブの場合は自動的に確認します）',
  },
  allowed: { en: '64 hexadecimal digits', ja: '64桁の16進数' },
  parse: (raw) => (/^[0-9a-f]{64}$/i.test(raw) ? raw.toLowerCase() : rejected),
};

export const pull = defineCommand({
  name: 'pull',
  summary: {
    en: 'Download a model, or go on with its download',
    ja: 'モデルをダウンロードします（途中からの再開も可能）',
  },
  details: {
    en: 'What has arrived is kept when the download is stopped, and the same command goes on from there. Files of a hub are\ncompared with the SHA-256 that it publishes. Afterwards MODEL may be the reference or the name that `tama list` shows,\nand no network is needed. The token is sent to the hub only.',
    ja: '途中で止めても、同じコマンドで続きから再開できます。ハブのファイルは公開されているSHA-256と照合します。完了後は\n同じ参照か `tama list` に表示される名前をMODELに指定でき、ネットワークは不要です。トークンはハブにだけ送ります。',
  },
  arguments: {
    reference: {
      name: 'REFERENCE',
      required: true,
      summary: {
        en: 'hf:OWNER/REPO, hf:OWNER/REPO/FILE.gguf, or the http(s) URL of a file',
        ja: 'hf:OWNER/REPO、hf:OWNER/REPO/FILE.gguf、またはファイルのhttp(s) URL',
      },
    },
  },
  options: {
    revision: text('REVISION', {
      en: 'a branch, tag or commit of the repository (default main), as after @ in the reference',
      ja: 'リポジトリのブランチ、タグ、コミット（既定は main）。参照の @ の後に書いても同じです',
    }),
    token: text('TOKEN', {
      en: 'access token of the hub (default: the variable HF_TOKEN, which others on this machine cannot see)',
      ja: 'ハブのアクセストークン（既定は環境変数 HF_TOKEN。環境変数なら他の利用者から見えません）',
    }),
    endpoint: text('URL', {
      en: 'another hub (default: the variable HF_ENDPOINT, else https://huggingface.co)',
      ja: '別のハブのURL（既定は環境変数 HF_ENDPOINT、なければ https://huggingface.co）',
    }),
    sha256,
    json: flag({ en: 'print what is stored then as JSON', ja: '保存した内容をJSONで出力します' }),
  },
  examples: [
    {
      line: 'tama pull hf:google/gemma-2-2b-it',
      explanation: {
        en: 'A repository, with HF_TOKEN in the environment',
        ja: 'リポジトリ全体（環境変数 HF_TOKEN を使用）',
      },
    },
    {
      line: 'tama pull hf:bartowski/gemma-2-2b-it-GGUF/gemma-2-2b-it-Q4_K_M.gguf',
      explanation: { en: 'One file of a repository', ja: 'リポジトリの1ファイル' },
    },
    {
      line: 'tama pull https://example.com/model.gguf',
      explanation: { en: 'From anywhere', ja: '任意のサーバーから' },
    },
  ],
  async run({ io, locale, dependencies }, { reference }, { revision, token, endpoint, sha256, json }) {
    const source = withRevision(reference, revision);
    const { describeModel } = await import('@tama/core');
    const hub: HubOptions = { ...hubFromEnvironment(io.env), ...defined({ token, endpoint }) };
    const progress = downloadProgressOn(io, locale);
    try {
      const description = await describeModel(source, { ...hub, ...defined({ sha256 }) }, io.signal);
      const download = dependencies
        .modelStore()
        .download(description, { hub, signal: io.signal, onProgress: progress.report });
      const stored = await download.finished;
      progress.end();
      await print(io, json ? `${JSON.stringify(stored)}\n` : `${stored.source}\n`);
      return exitCodes.success;
    } finally {
      progress.end();
      if (io.signal.aborted) note(io, stopped[locale]);
    }
  },
});

const stopped = {
  en: 'Stopped. The same command goes on from here.',
  ja: '中断しました。同じコマンドで続きから再開できます。',
};

function withRevision(reference: string, revision: string | undefined): string {
  const isHub = /^hf:/i.test(reference);
  if (!isHub && !(/^https?:/i.test(reference) && URL.canParse(reference))) throw new NotDownloadableError(reference);
  if (revision === undefined) return reference;
  if (!isHub) throw new ConflictError('pull', `'${reference}'`, '`--revision`');
  if (reference.includes('@')) throw new ConflictError('pull', '`@REVISION`', '`--revision`');
  return `${reference}@${revision}`;
}
