import { describe, expect, it } from 'vitest';
import { localeOf } from './locale.ts';

describe('localeOf', () => {
  it.each([
    [{}, 'en'],
    [{ LANG: 'ja_JP.UTF-8' }, 'ja'],
    [{ LANG: 'ja' }, 'ja'],
    [{ LC_MESSAGES: 'ja_JP.eucJP', LANG: 'en_US.UTF-8' }, 'ja'],
    [{ LC_ALL: 'C', LANG: 'ja_JP.UTF-8' }, 'en'],
    [{ LC_ALL: '', LANG: 'ja_JP.UTF-8' }, 'ja'],
    [{ LANG: 'jam_JM' }, 'en'], // Jamaican Creole
    [{ LANG: 'C.UTF-8' }, 'en'],
  ] as const)('%j is %s', (env, locale) => {
    expect(localeOf(env)).toBe(locale);
  });
});
