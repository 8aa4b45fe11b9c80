import type { Locale } from './locale.ts';

/** Numbers as the interface's language writes them, whatever the system's is. */
export function formatNumber(value: number, locale: Locale, fractionDigits = 0): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: fractionDigits }).format(value);
}

/** 6.8M or 680万. */
export function formatCompact(value: number, locale: Locale): string {
  return new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 }).format(value);
}

/** Bytes in decimal units, as disks and downloads are labelled: 7.5 MB. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(unit === 0 || value >= 99.95 ? 0 : 1)} ${units[unit]}`;
}

/** Memory in binary units, as graphics memory is labelled: 1.62 GiB. */
export const formatMemory = (bytes: number): string =>
  bytes < 2 ** 30 ? `${Math.ceil(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(2)} GiB`;

/** How long still: 40 sec, 3 min, 1 hr 20 min. */
export function formatRemaining(seconds: number, locale: Locale): string {
  const part = (value: number, unit: 'second' | 'minute' | 'hour') =>
    new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 0 }).format(
      value,
    );
  if (seconds < 59.5) return part(Math.max(1, seconds), 'second');
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return part(minutes, 'minute');
  const hours = part(Math.floor(minutes / 60), 'hour');
  return minutes % 60 === 0 ? hours : [hours, part(minutes % 60, 'minute')].join(locale === 'ja' ? '' : ' ');
}

/** 840 ms or 3.2 s, with the language's own separator. */
export function formatDuration(milliseconds: number, locale: Locale): string {
  const [value, unit] = milliseconds < 1000 ? [milliseconds, 'millisecond'] : [milliseconds / 1000, 'second'];
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: milliseconds < 1000 ? 0 : 1,
  }).format(value);
}
