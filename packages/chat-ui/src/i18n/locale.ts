import type { Locale } from '@tama/errors';

export type { Locale };

export const locales = ['en', 'ja'] as const satisfies readonly Locale[];

/** The first of the wanted languages (as `navigator.languages` lists them) that the interface speaks. */
export function detectLocale(wanted: readonly string[]): Locale {
  for (const tag of wanted) {
    const language = tag.toLowerCase().split('-', 1)[0];
    const match = locales.find((locale) => locale === language);
    if (match) return match;
  }
  return 'en';
}

/**
 * The language of a text as far as its letters tell: kana are Japanese, Latin letters alone are left to the English
 * voice and fonts. Undefined where they don't tell, e.g. Han characters alone, which Chinese uses too.
 */
export function languageOf(text: string): Locale | undefined {
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return 'ja';
  if (/\p{Script=Han}/u.test(text)) return undefined;
  return /\p{Script=Latin}/u.test(text) ? 'en' : undefined;
}
