import { describe, expect, it } from 'vitest';
import { openExternalSafe, safeExternalUrl } from './external-links.ts';

describe('links out of the app', () => {
  it.each([
    ['https://example.com/a?b=c#d', 'https://example.com/a?b=c#d'],
    ['http://example.com', 'http://example.com/'],
    ['mailto:someone@example.com', 'mailto:someone@example.com'],
    ['HTTPS://EXAMPLE.com', 'https://example.com/'],
    // Shown in the form that cannot be mistaken for another.
    ['https://аpple.com/', 'https://xn--pple-43d.com/'],
  ])('opens %s', (address, opened) => {
    expect(safeExternalUrl(address)).toBe(opened);
  });

  it.each([
    'file:///etc/passwd',
    'file://server/share/run.exe',
    '\\\\server\\share',
    'javascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'smb://server/share',
    'ms-msdt:/id',
    'app://tama/',
    'ftp://example.com/',
    ' ',
    'example.com',
    'https://bank.example@evil.example/',
    'https://user:secret@example.com/',
    `https://example.com/${'a'.repeat(3000)}`,
  ])('refuses %s', (address) => {
    expect(safeExternalUrl(address)).toBeUndefined();
  });

  it('hands the operating system only what it allows', async () => {
    const opened: string[] = [];
    const shell = { openExternal: async (url: string) => void opened.push(url) };
    expect(await openExternalSafe(shell, 'https://example.com')).toBe(true);
    expect(await openExternalSafe(shell, 'file:///bin/sh')).toBe(false);
    expect(opened).toEqual(['https://example.com/']);
  });
});
