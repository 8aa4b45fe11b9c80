import type { ArgumentSpec } from '../command.ts';

export const modelArgument = {
  name: 'MODEL',
  required: true,
  summary: {
    en: 'a file, a folder, an http(s) URL, hf:OWNER/REPO, or demo',
    ja: 'ファイル、フォルダー、http(s)のURL、hf:OWNER/REPO、または demo',
  },
} as const satisfies ArgumentSpec;
