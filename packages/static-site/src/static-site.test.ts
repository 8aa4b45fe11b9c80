import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { staticSite } from './static-site.ts';

const script = 'self.__next_f.push([1,"<b>"])';
const digits = '0123456789';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tama site 空白 '));
  const site = join(folder, 'out');
  await mkdir(join(site, '_next/static'), { recursive: true });
  await mkdir(join(site, 'docs'));
  await writeFile(join(site, 'index.html'), `<script src="/a.js"></script><script>${script}</script>`);
  await writeFile(join(site, '404.html'), 'no such page');
  await writeFile(join(site, 'chat.html'), 'chat');
  await writeFile(join(site, 'docs/index.html'), 'docs');
  await writeFile(join(site, 'model.gguf'), digits);
  await writeFile(join(site, 'empty.json'), '');
  await writeFile(join(site, '日本語 名.txt'), 'こんにちは');
  await writeFile(join(site, '_next/static/a.abc123.js'), 'let a');
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await mkdir(join(folder, 'out-of-root'));
  await writeFile(join(folder, 'out-of-root/secret.txt'), 'secret');
  await symlink(join(folder, 'secret.txt'), join(site, 'link.txt'));
});
afterAll(() => rm(folder, { recursive: true }));

const get = (path: string, init?: RequestInit) =>
  staticSite(join(folder, 'out'))(new Request(`app://tama${path}`, init));

describe('paths', () => {
  it.each([
    ['/', 'text/html; charset=utf-8', /script/],
    ['/chat', 'text/html; charset=utf-8', /^chat$/],
    ['/docs', 'text/html; charset=utf-8', /^docs$/],
    ['/docs/', 'text/html; charset=utf-8', /^docs$/],
    ['/model.gguf?download=1', 'application/octet-stream', /^0123456789$/],
    ['/%E6%97%A5%E6%9C%AC%E8%AA%9E%20%E5%90%8D.txt', 'text/plain; charset=utf-8', /^こんにちは$/],
    ['/empty.json', 'application/json; charset=utf-8', /^$/],
  ])('serves %s as %s', async (path, type, content) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(await response.text()).toMatch(content);
  });

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/..%2fsecret.txt',
    '/..%5csecret.txt',
    '/%252e%252e%252fsecret.txt',
    '/docs/..%2f..%2fsecret.txt',
    '/..%2fout-of-root%2fsecret.txt',
    '/.%2e/secret.txt',
    '/%2e%2e%20/secret.txt',
    '/%2fetc%2fpasswd',
    '//etc/passwd',
    '/C:%5cwindows%5cwin.ini',
    '/model.gguf%00.txt',
    '/index.html::$DATA',
    '/%E0%A4%A',
    '/link.txt',
    '/docs/missing',
    '/model.gguf/',
  ])('answers %s with the 404 page', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(await response.text()).toBe('no such page');
  });
});

describe('methods', () => {
  it('answers HEAD with the headers of GET and no body', async () => {
    for (const path of ['/', '/model.gguf', '/nothing']) {
      const [head, full] = await Promise.all([get(path, { method: 'HEAD' }), get(path)]);
      expect(head.status).toBe(full.status);
      expect([...head.headers]).toEqual([...full.headers]);
      expect(await head.text()).toBe('');
    }
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('refuses %s', async (method) => {
    const response = await get('/model.gguf', { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });
});

describe('ranges', () => {
  it.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=4-', '456789', 'bytes 4-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-99', digits, 'bytes 0-9/10'],
    ['bytes=8-99', '89', 'bytes 8-9/10'],
  ])('answers %s with that part', async (range, part, contentRange) => {
    const response = await get('/model.gguf', { headers: { range } });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(contentRange);
    expect(response.headers.get('content-length')).toBe(String(part.length));
    expect(await response.text()).toBe(part);
  });

  it.each(['bytes=10-', 'bytes=99-100', 'bytes=-0'])('answers %s with 416 and the size', async (range) => {
    const response = await get('/model.gguf', { headers: { range } });
    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toBe('bytes */10');
  });

  it.each(['bytes=', 'bytes=-', 'bytes=5-2', 'bytes=0-1,4-5', 'lines=0-3', 'bytes=a-b'])(
    'answers %s with the whole file',
    async (range) => {
      const response = await get('/model.gguf', { headers: { range } });
      expect(response.status).toBe(200);
      expect(await response.text()).toBe(digits);
    },
  );

  it('sends the whole file when If-Range names another version, and nothing when the reader has this one', async () => {
    const etag = (await get('/model.gguf')).headers.get('etag') ?? '';
    const status = async (headers: HeadersInit) => (await get('/model.gguf', { headers })).status;
    expect(await status({ range: 'bytes=0-3', 'if-range': etag })).toBe(206);
    expect(await status({ range: 'bytes=0-3', 'if-range': '"older"' })).toBe(200);
    expect(await status({ 'if-none-match': etag })).toBe(304);
    expect(await status({ 'if-none-match': '"older"' })).toBe(200);
  });
});

describe('headers', () => {
  it('isolates and hardens every answer', async () => {
    const answers = [
      await get('/'),
      await get('/chat', { method: 'HEAD' }),
      await get('/model.gguf', { headers: { range: 'bytes=0-1' } }),
      await get('/model.gguf', { headers: { range: 'bytes=99-' } }),
      await get('/nothing'),
      await get('/', { method: 'POST' }),
    ];
    for (const { headers } of answers) {
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('content-security-policy')).not.toMatch(/script-src[^;]*'unsafe/);
    }
  });

  it("allows a page's inline scripts by hash, on that page only", async () => {
    const hash = `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
    expect((await get('/')).headers.get('content-security-policy')).toContain(`script-src 'self' ${hash};`);
    expect((await get('/chat')).headers.get('content-security-policy')).toContain("script-src 'self';");
  });

  it('lets workers compile WebAssembly, and pages not', async () => {
    const scripts = async (path: string) =>
      /script-src ([^;]*);/.exec((await get(path)).headers.get('content-security-policy')!)?.[1];
    expect(await scripts('/_next/static/a.abc123.js')).toBe("'self' 'wasm-unsafe-eval'");
    expect(await scripts('/chat')).toBe("'self'");
    expect(await scripts('/nowhere')).toBe("'self'");
  });

  it('lets workers fetch models from where the reader says, and pages from nowhere but the site', async () => {
    const connections = async (path: string) =>
      /connect-src ([^;]*);/.exec((await get(path)).headers.get('content-security-policy')!)?.[1];
    expect(await connections('/')).toBe("'self' blob: data:");
    expect(await connections('/nowhere')).toBe("'self' blob: data:");
    expect(await connections('/_next/static/a.abc123.js')).toBe(
      "'self' blob: data: https: http://localhost:* http://127.0.0.1:*",
    );
  });

  it('sends pages whole even to a reader who has them: a 304 would replace their policy', async () => {
    const response = await get('/', { headers: { 'if-none-match': '*', range: 'bytes=0-1' } });
    expect(response.status).toBe(200);
  });

  it('lets hashed files be kept for ever and asks again for all others', async () => {
    expect((await get('/_next/static/a.abc123.js')).headers.get('cache-control')).toContain('immutable');
    expect((await get('/model.gguf')).headers.get('cache-control')).toBe('no-cache');
  });
});
