import { describe, expect, it } from 'vitest';
import { formatBytes, formatCompact, formatDuration, formatNumber } from './format.ts';
import { detectLocale, languageOf } from './locale.ts';
import { messages } from './messages.ts';

type Leaf = readonly [path: string, value: unknown];

function leaves(value: unknown, path = ''): Leaf[] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, child]) => leaves(child, path ? `${path}.${key}` : key));
}

const kindOf = (value: unknown) => (typeof value === 'function' ? `function of ${value.length}` : typeof value);

describe('the texts of the interface', () => {
  const english = leaves(messages.en);
  const japanese = leaves(messages.ja);

  it('has every key in both languages, of the same kind', () => {
    expect(japanese.map(([path, value]) => `${path}: ${kindOf(value)}`)).toEqual(
      english.map(([path, value]) => `${path}: ${kindOf(value)}`),
    );
  });

  it.each([
    ['en', english],
    ['ja', japanese],
  ] as const)('says something for every key and uses every argument: %s', (_, texts) => {
    for (const [path, value] of texts) {
      if (typeof value === 'function') {
        const args = Array.from({ length: value.length }, (_unused, index) => `<${index}>`);
        for (const arg of args) expect(value(...args), path).toContain(arg);
      } else {
        expect(value, path).toMatch(/\S/);
      }
    }
  });

  it('is translated: no Japanese text equals its English one but names and keys', () => {
    const same = english.filter(([, value], index) => typeof value === 'string' && value === japanese[index]?.[1]);
    expect(same.map(([path]) => path).sort()).toEqual([
      'header.home',
      'language.en',
      'language.ja',
      'models.referencePlaceholder',
      'settings.sendKeys.enter',
      'settings.topK',
      'settings.topP',
    ]);
  });
});

describe('detectLocale', () => {
  it.each([
    [['ja-JP', 'en'], 'ja'],
    [['fr', 'ja', 'en'], 'ja'],
    [['en-GB', 'ja'], 'en'],
    [['de'], 'en'],
    [['jam-JM'], 'en'],
    [[], 'en'],
  ] as const)('of %j is %s', (wanted, expected) => {
    expect(detectLocale(wanted)).toBe(expected);
  });
});

describe('languageOf', () => {
  it.each([
    ['私は緑茶が好きです。', 'ja'],
    ['Gemma 2と同じ', 'ja'],
    ['I like green tea.', 'en'],
    ['東京', undefined],
    ['我喜欢绿茶', undefined],
    ['3 + 5 = 8', undefined],
    ['', undefined],
  ])('of %j is %s', (text, expected) => {
    expect(languageOf(text)).toBe(expected);
  });
});

describe('numbers', () => {
  it('follow the language of the interface', () => {
    expect(formatNumber(1234.5, 'en', 1)).toBe('1,234.5');
    expect(formatCompact(6_822_144, 'en')).toBe('6.8M');
    expect(formatCompact(6_822_144, 'ja')).toBe('682.2万');
    expect(formatDuration(840, 'en')).toBe('840 ms');
    expect(formatDuration(3210, 'en')).toBe('3.2 sec');
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [7_461_792, '7.5 MB'],
    [999_950, '1.0 MB'],
    [1_620_000_000, '1.6 GB'],
  ])('writes %d bytes as %s', (bytes, expected) => {
    expect(formatBytes(bytes)).toBe(expected);
  });
});
