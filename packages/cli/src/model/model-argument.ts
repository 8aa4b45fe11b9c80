import type { ArgumentSpec } from '../command.ts';

export const modelArgument = {
  name: 'MODEL',
  required: true,
  summary: {
    en: 'a file, a folder, an http(s) URL, or demo',
    ja: 'ファイル、フォルダー、http(s)のURL、または demo',
  },
} as const satisfies ArgumentSpec;
