import type { ArgumentSpec } from '../command.ts';

export const modelArgument = {
  name: 'MODEL',
  required: true,
  summary: {
    en: 'a file, a folder, an http(s) URL, hf:OWNER/REPO, a stored model, or demo',
    ja: 'ファイル、フォルダー、http(s)のURL、hf:OWNER/REPO、保存済みモデル、または demo',
  },
} as const satisfies ArgumentSpec;
