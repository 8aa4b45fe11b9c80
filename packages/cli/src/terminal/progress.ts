import type { LoadProgress } from '@tama/core';
import type { Locale } from '@tama/errors';
import { type Io, note } from '../io.ts';
import type { Texts } from '../locale.ts';

/** How far something is: a line that rewrites itself on a terminal, plain lines elsewhere if they are wanted. */
export type Progress = {
  report(label: Texts, done: number, total: number): void;
  /** Takes the line off the terminal. */
  end(): void;
};

const silent: Progress = { report() {}, end() {} };

export function progressOn(io: Io, locale: Locale, verbose: boolean): Progress {
  let shown = '';
  const report = (write: (line: string) => void, percentStep: number): Progress['report'] => {
    return (label, done, total) => {
      const percent = total > 0 ? Math.floor((100 * done) / total / percentStep) * percentStep : undefined;
      const line = `${label[locale]}${percent === undefined ? '' : ` ${percent}%`}`;
      if (line !== shown) write(line);
      shown = line;
    };
  };
  if (io.stderr.isTTY) {
    return {
      report: report((line) => io.stderr.write(`\r\x1b[K${line}`), 1),
      end() {
        if (shown) io.stderr.write('\r\x1b[K');
        shown = '';
      },
    };
  }
  return verbose ? { report: report((line) => note(io, line), 10), end() {} } : silent;
}

export const phaseLabels: Readonly<Record<LoadProgress['phase'], Texts>> = {
  open: { en: 'Opening the model', ja: 'モデルを開いています' },
  weights: { en: 'Loading the weights', ja: '重みを読み込んでいます' },
  compile: { en: 'Compiling the shaders', ja: 'シェーダーをコンパイルしています' },
  ready: { en: 'Ready', ja: '準備ができました' },
};
