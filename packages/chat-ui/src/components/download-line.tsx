import type { DownloadProgress } from '@tama/core';
import { formatBytes, formatRemaining } from '../i18n/format.ts';
import { useLocale, useMessages } from './preferences.tsx';

type Props = {
  readonly name: string;
  readonly phase: DownloadProgress['phase'] | 'begin' | 'interrupted';
  readonly bytes: number;
  readonly total: number | undefined;
  readonly bytesPerSecond?: number | undefined;
  readonly etaSeconds?: number | undefined;
};

/** How far a download is: a bar, and beside it phase, bytes, rate and the time that is left. */
export function DownloadLine({ name, phase, bytes, total, bytesPerSecond, etaSeconds }: Props) {
  const t = useMessages().models;
  const locale = useLocale();
  const amount =
    total === undefined ? t.amountOnly(formatBytes(bytes)) : t.amount(formatBytes(bytes), formatBytes(total));
  const moving = phase === 'download' || phase === 'verify' || phase === 'wait';
  const numbers = [
    amount,
    ...(moving && bytesPerSecond ? [t.rate(formatBytes(bytesPerSecond))] : []),
    ...(moving && etaSeconds !== undefined ? [t.remaining(formatRemaining(etaSeconds, locale))] : []),
  ];
  return (
    <div className="tama-download" data-phase={phase}>
      <progress
        aria-label={name}
        aria-valuetext={`${t.phase[phase]}, ${amount}`}
        max={total || 1}
        {...(total === undefined && moving ? {} : { value: Math.min(bytes, total || 1) })}
      />
      <p className="tama-download-phase">{t.phase[phase]}</p>
      <p className="tama-download-numbers">
        {numbers.map((text) => (
          <span key={text}>{text}</span>
        ))}
      </p>
    </div>
  );
}
