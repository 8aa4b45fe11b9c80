import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Privileges } from 'electron';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAppUrl, registerAppScheme, serveApp } from './app-scheme.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tama-app-'));
  await writeFile(join(folder, 'index.html'), 'home');
  await writeFile(join(folder, 'model.gguf'), '0123456789');
});
afterAll(() => rm(folder, { recursive: true }));

type Handler = (request: Request) => Promise<Response>;

async function ask(url: string, init?: RequestInit): Promise<Response> {
  let handler: Handler | undefined;
  const handle = (_scheme: string, given: unknown) => {
    handler = given as Handler;
  };
  serveApp({ handle }, folder);
  return (handler as Handler)(new Request(url, init));
}

describe('app://tama/', () => {
  it('is registered once, as a secure standard origin that other origins cannot read', () => {
    const calls: { scheme: string; privileges?: Privileges }[][] = [];
    registerAppScheme({ registerSchemesAsPrivileged: (schemes) => calls.push(schemes) });
    expect(calls).toEqual([
      [
        {
          scheme: 'app',
          privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true },
        },
      ],
    ]);
  });

  it('serves the site with isolation headers, and parts of large files', async () => {
    const page = await ask('app://tama/');
    expect(await page.text()).toBe('home');
    expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    const part = await ask('app://tama/model.gguf', { headers: { range: 'bytes=2-4' } });
    expect([part.status, await part.text()]).toEqual([206, '234']);
  });

  it('lets workers download models, and pages connect to nothing but the app', async () => {
    const connections = async (url: string) =>
      /connect-src ([^;]*);/.exec((await ask(url)).headers.get('content-security-policy') ?? '')?.[1];
    expect(await connections('app://tama/')).toBe("'self' blob: data:");
    expect(await connections('app://tama/model.gguf')).toContain(' https: ');
  });

  it('reads only, from its own host only, and never outside the site', async () => {
    expect((await ask('app://tama/', { method: 'POST', body: 'x' })).status).toBe(405);
    expect((await ask('app://other/')).status).toBe(403);
    expect((await ask('app://tama.evil/index.html')).status).toBe(403);
    expect((await ask('app://tama/%2e%2e%2f%2e%2e%2fetc%2fpasswd')).status).toBe(404);
  });
});

describe('isAppUrl', () => {
  it.each(['app://tama/', 'app://tama', 'app://tama/chat?x=1#y'])('is true for %s', (url) => {
    expect(isAppUrl(url)).toBe(true);
  });
  it.each([
    'app://evil/',
    'app://tama.evil/',
    'app://tama:80/',
    'https://tama/',
    'file:///tama',
    'about:blank',
    'app:tama',
    'javascript:alert(1)',
    '',
    'tama',
  ])('is false for %j', (url) => {
    expect(isAppUrl(url)).toBe(false);
  });
});
