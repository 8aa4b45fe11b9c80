import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parseRange } from './byte-range.ts';
import { contentType } from './content-type.ts';
import { resolveFile } from './resolve-file.ts';
import { contentSecurityPolicy, isolationHeaders, workerSecurityPolicy } from './security-headers.ts';

export type StaticSite = (request: Request) => Promise<Response>;

/**
 * Serves the files under `root`: GET and HEAD, byte ranges, conditional requests, `404.html` for what is not there,
 * and the security headers on every answer. Knows no scheme and no socket.
 */
export function staticSite(root: string): StaticSite {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return text(405, 'Only GET and HEAD are served here.\n', { allow: 'GET, HEAD' });
    }
    const { pathname } = new URL(request.url);
    const path = await resolveFile(root, pathname);
    if (!path) return notFound(request, root);
    if (path.endsWith('.html')) return page(request, 200, await readFile(path, 'utf8'));
    return file(request, path, pathname.startsWith('/_next/static/') ? immutable : 'no-cache');
  };
}

// Next puts a hash of the content into the names of these files.
const immutable = 'public, max-age=31536000, immutable';

async function notFound(request: Request, root: string): Promise<Response> {
  const html = await readFile(join(root, '404.html'), 'utf8').catch(() => undefined);
  return html ? page(request, 404, html) : text(404, 'Not found.\n');
}

/** A page is sent whole and never as 304: its policy belongs to its text, and a 304 would replace the stored one. */
function page(request: Request, status: number, html: string): Response {
  const body = new TextEncoder().encode(html);
  return respond(status, request.method === 'HEAD' ? null : body, {
    'cache-control': 'no-cache',
    'content-length': String(body.byteLength),
    'content-security-policy': contentSecurityPolicy(html),
    'content-type': contentType('page.html'),
  });
}

async function file(request: Request, path: string, cacheControl: string): Promise<Response> {
  const { size, mtime } = await stat(path);
  const etag = `"${size.toString(36)}-${mtime.getTime().toString(36)}"`;
  const headers = { 'cache-control': cacheControl, etag, 'last-modified': mtime.toUTCString() };
  if (request.headers.get('if-none-match')?.includes(etag)) return respond(304, null, headers);

  const changed = (request.headers.get('if-range') ?? etag) !== etag;
  const range = changed ? undefined : parseRange(request.headers.get('range'), size);
  if (range === 'unsatisfiable') return respond(416, null, { 'content-range': `bytes */${size}` });
  const { start, end } = range ?? { start: 0, end: size - 1 };
  const length = end - start + 1;
  const isEmpty = request.method === 'HEAD' || length === 0;
  return respond(range ? 206 : 200, isEmpty ? null : readBytes(path, start, end), {
    ...headers,
    'accept-ranges': 'bytes',
    'content-length': String(length),
    'content-type': contentType(path),
    ...(range && { 'content-range': `bytes ${start}-${end}/${size}` }),
  });
}

function readBytes(path: string, start: number, end: number): ReadableStream {
  return Readable.toWeb(createReadStream(path, { start, end })) as ReadableStream;
}

function text(status: number, message: string, headers: Record<string, string> = {}): Response {
  return respond(status, message, { ...headers, 'content-type': contentType('notice.txt') });
}

function respond(status: number, body: BodyInit | null, headers: Record<string, string>): Response {
  const policy = { 'content-security-policy': workerSecurityPolicy() };
  return new Response(body, { status, headers: { ...isolationHeaders, ...policy, ...headers } });
}
