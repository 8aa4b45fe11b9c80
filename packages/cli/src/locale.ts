import type { Locale } from '@tama/errors';

/** A text in every language of the interface. */
export type Texts = Readonly<Record<Locale, string>>;

/** The language of messages by POSIX precedence: the first of LC_ALL, LC_MESSAGES and LANG that is set decides. */
export function localeOf(env: Readonly<Record<string, string | undefined>>): Locale {
  const name = env.LC_ALL || env.LC_MESSAGES || env.LANG || '';
  return /^ja(?![a-z])/i.test(name) ? 'ja' : 'en';
}
