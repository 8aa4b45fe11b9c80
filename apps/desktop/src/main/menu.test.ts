import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, it } from 'vitest';
import { menuTemplate } from './menu.ts';
import { chooseLocale, messages } from './messages.ts';

function itemsOf(template: readonly MenuItemConstructorOptions[]): MenuItemConstructorOptions[] {
  return template.flatMap((item) => [item, ...itemsOf((item.submenu ?? []) as MenuItemConstructorOptions[])]);
}
const rolesOf = (template: readonly MenuItemConstructorOptions[]) => itemsOf(template).map(({ role }) => role);

describe('the menu', () => {
  it.each(['en', 'ja'] as const)('has a label of ours on every item (%s)', (locale) => {
    for (const isMac of [true, false]) {
      for (const item of itemsOf(menuTemplate(messages[locale], { isMac, isPackaged: false }))) {
        if (item.type !== 'separator') expect(item.label).toBeTruthy();
      }
    }
  });

  it('has what a person expects of their system', () => {
    const text = messages.en;
    expect(rolesOf(menuTemplate(text, { isMac: true, isPackaged: true }))).toEqual(
      expect.arrayContaining(['about', 'hide', 'quit', 'close', 'copy', 'paste', 'zoomIn', 'minimize', 'front']),
    );
    const windows = rolesOf(menuTemplate(text, { isMac: false, isPackaged: true }));
    expect(windows).toEqual(expect.arrayContaining(['about', 'quit', 'close', 'copy', 'paste']));
    expect(windows).not.toContain('hide');
  });

  it('offers developer tools only while developing', () => {
    const roles = (isPackaged: boolean) => rolesOf(menuTemplate(messages.en, { isMac: false, isPackaged }));
    expect(roles(false)).toContain('toggleDevTools');
    expect(roles(true)).not.toContain('toggleDevTools');
  });
});

describe('the language', () => {
  it.each([
    [['ja-JP', 'en-US'], 'ja'],
    [['en-GB', 'ja'], 'en'],
    [['fr-FR', 'ja-JP', 'en'], 'ja'],
    [['de', 'fr'], 'en'],
    [[], 'en'],
  ] as const)('of %j is %s', (languages, locale) => {
    expect(chooseLocale(languages)).toBe(locale);
  });

  it('says every message in both', () => {
    for (const key of Object.keys(messages.en) as (keyof typeof messages.en)[]) {
      expect(messages.ja[key]).toBeTruthy();
      expect(messages.ja[key]).not.toBe(messages.en[key]);
    }
  });
});
