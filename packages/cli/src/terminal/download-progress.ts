import type { DownloadPhase, DownloadProgress } from '@tama/core';
import type { Locale } from '@tama/errors';
import { type Io, note } from '../io.ts';
import type { Texts } from '../locale.ts';
import { byteSize } from './byte-size.ts';

/** How far a download is: a line that rewrites itself on a terminal, elsewhere a line for every tenth. */
export function downloadProgressOn(io: Io, locale: Locale) {
  const terminal = io.stderr.isTTY;
  let shown = '';
  let open = false;
  return {
    report(progress: DownloadProgress): void {
      const line = progressLine(progress, locale);
      const step = terminal ? line : `${progress.phase} ${Math.floor(10 * share(progress))}`;
      if (step === shown) return;
      shown = step;
      open = true;
      if (terminal) io.stderr.write(`\r\x1b[K${line}`);
      else note(io, line);
    },
    /** Takes the line off the terminal. */
    end(): void {
      if (terminal && open) io.stderr.write('\r\x1b[K');
      open = false;
    },
  };
}

const share = ({ bytes, total }: DownloadProgress): number => (total ? bytes / total : 0);

const phases: Readonly<Record<DownloadPhase, Texts>> = {
  wait: { en: 'Another process is downloading', ja: '別のプロセスがダウンロードしています' },
  download: { en: 'Downloading', ja: 'ダウンロードしています' },
  verify: { en: 'Verifying', ja: '照合しています' },
  paused: { en: 'Paused', ja: '一時停止中' },
  done: { en: 'Stored', ja: '保存しました' },
};

/** `Downloading 45%, 1.20 GB of 2.60 GB, 34.50 MB/s, 41 s left` */
function progressLine(progress: DownloadProgress, locale: Locale): string {
  const { phase, bytes, total, bytesPerSecond, etaSeconds } = progress;
  const of: Texts =
    total === undefined
      ? { en: byteSize(bytes), ja: byteSize(bytes) }
      : { en: `${byteSize(bytes)} of ${byteSize(total)}`, ja: `${byteSize(bytes)} / ${byteSize(total)}` };
  const left: Texts = { en: `${duration(etaSeconds ?? 0).en} left`, ja: `残り${duration(etaSeconds ?? 0).ja}` };
  const parts = [
    total ? `${phases[phase][locale]} ${Math.floor(100 * share(progress))}%` : phases[phase][locale],
    ...(total === 0 ? [] : [of[locale]]),
    ...(bytesPerSecond && phase !== 'done' ? [`${byteSize(bytesPerSecond)}/s`] : []),
    ...(etaSeconds && phase !== 'done' ? [left[locale]] : []),
  ];
  return parts.join({ en: ', ', ja: '、' }[locale]);
}

/** `41 s`, `3 min`, `2.5 h` */
function duration(seconds: number): Texts {
  if (seconds < 90) return { en: `${Math.ceil(seconds)} s`, ja: `${Math.ceil(seconds)}秒` };
  const [minutes, hours] = [Math.round(seconds / 60), (seconds / 3600).toFixed(1)];
  return seconds < 5400 ? { en: `${minutes} min`, ja: `${minutes}分` } : { en: `${hours} h`, ja: `${hours}時間` };
}
