import { PassThrough } from 'node:stream';
import type { DownloadProgress } from '@tama/core';
import { expect, it } from 'vitest';
import type { Io } from '../io.ts';
import { downloadProgressOn } from './download-progress.ts';

/** What is said of this progress where nobody watches. */
function said(progress: DownloadProgress, locale: 'en' | 'ja'): string {
  const stderr = Object.assign(new PassThrough(), { isTTY: false });
  downloadProgressOn({ stderr } as unknown as Io, locale).report(progress);
  return String(stderr.read()).trimEnd();
}

const under = { phase: 'download', bytes: 1.2e9, total: 2.4e9, bytesPerSecond: 34.5e6 } as const;

it.each([
  [41, 'Downloading 50%, 1.20 GB of 2.40 GB, 34.50 MB/s, 41 s left', '残り41秒'],
  [180, '3 min left', '残り3分'],
  [9000, '2.5 h left', '残り2.5時間'],
])('says in %d seconds how far a download is, in units of the language', (etaSeconds, en, ja) => {
  const progress = { ...under, etaSeconds } as DownloadProgress;
  expect(said(progress, 'en')).toContain(en);
  expect(said(progress, 'ja')).toContain(ja);
});

it('names no size where there is none', () => {
  expect(said({ phase: 'verify', bytes: 0, total: 0 } as DownloadProgress, 'ja')).toBe('照合しています');
});
