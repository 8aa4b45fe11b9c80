import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { collectLicences } from './collect-licences.ts';

const text = collectLicences(path.join(import.meta.dirname, '..'));
const entries = text.split(/^={80}$/m).slice(1);

describe('the licences of others', () => {
  it.each([
    'react',
    'zstd',
    'react-dom',
    'next',
    'react-markdown',
    'micromark',
    'zustand',
    'idb',
    '@fontsource-variable/source-sans-3',
  ])('has %s', (name) => {
    expect(entries.some((entry) => entry.trimStart().startsWith(`${name} `))).toBe(true);
  });

  it('has a text for every package, and none of our own', () => {
    for (const entry of entries) {
      const [title = '', ...body] = entry.trim().split('\n');
      expect(title).not.toContain('@tama/');
      expect(title).toMatch(/^\S+ \d+\.\d+\.\d+\S* \(.+\)$/);
      expect(body.join('').length, `${title} has no licence file`).toBeGreaterThan(200);
    }
  });

  it('leaves out what only builds the site', () => {
    expect(text).not.toMatch(/^(sharp|postcss|typescript) /m);
  });
});
