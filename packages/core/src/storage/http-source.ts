import { isTamaError } from '@tama/errors';
import { type ByteFolder, type ByteSource, type Bytes, checkRead, lent, parentFolder } from './byte-source.ts';
import { BadRangeAnswerError, RangesUnsupportedError, SizeUnknownError } from './http-errors.ts';
import { type Answer, brokenOff, type HttpOptions, lastName, withRetries } from './http-request.ts';
import { memorySource } from './memory-source.ts';
import { pathSegments } from './relative-path.ts';
import { FileMissingError, SourceChangedError } from './storage-errors.ts';

/** What a server without ranges may send whole into memory. Anything larger has to be downloaded to a store first. */
const WHOLE_FILE_LIMIT = 32 * 2 ** 20;
const PREFERRED_READ = 8 * 2 ** 20;

/** Tells one version of a file from another. Compared on every answer, so that parts of two versions never mix. */
type Version = { readonly size: number } & VersionTags;
type VersionTags = { readonly etag: string | null; readonly modified: string | null };

/**
 * A file behind a URL, read by HTTP ranges. Opening asks for the first byte, which tells size, version and whether the
 * server has ranges; without ranges files up to 32 MiB are read whole. `signal` is for opening; each read has its own.
 */
export async function httpSource(
  url: string,
  options: HttpOptions & { readonly signal?: AbortSignal; readonly folder?: ByteFolder } = {},
): Promise<ByteSource> {
  const name = lastName(url);
  const folder = options.folder ?? httpFolder(new URL('.', url).href, options);
  const opened = await withRetries(
    url,
    () => ({ headers: { range: 'bytes=0-0' } }),
    (answer) => firstAnswer(url, answer),
    options,
    options.signal,
  );
  if (opened instanceof Uint8Array) return memorySource(name, opened, folder);
  const version: Version = { ...opened, size: opened.size ?? (await sizeByHead(url, options)) };
  const source: ByteSource = {
    name,
    size: version.size,
    preferredReadBytes: PREFERRED_READ,
    folder,
    async read(offset, length, signal, into) {
      checkRead(source, offset, length);
      return readRange(url, version, offset, lent(length, into), options, signal);
    },
  };
  return source;
}

/** Files below a URL that ends in `/`. It cannot list; a web page in place of a file counts as no file. */
export function httpFolder(url: string, options: HttpOptions = {}): ByteFolder {
  const folder: ByteFolder = {
    name: url,
    async open(path, signal) {
      const file = new URL(url);
      file.pathname += pathSegments(path).map(encodeURIComponent).join('/');
      try {
        return await httpSource(file.href, {
          ...options,
          folder: parentFolder(folder, path),
          ...(signal ? { signal } : {}),
        });
      } catch (error) {
        if (error instanceof FileMissingError || isTamaError(error, 'http-html')) return undefined;
        throw error;
      }
    },
  };
  return folder;
}

/** Size and version, or the whole file where the server has no ranges. */
async function firstAnswer(
  url: string,
  { response, chunks }: Answer,
): Promise<Uint8Array | (VersionTags & { readonly size: number | undefined })> {
  const range = contentRange(response);
  if (response.status === 206) return { size: range?.total, ...versionTags(response) };
  if (response.status === 416) {
    if (range?.total === 0) return new Uint8Array(0);
    throw new BadRangeAnswerError(url, 'bytes=0-0', '416');
  }
  const length = response.headers.get('content-length');
  const size = length === null ? undefined : Number(length);
  if (size !== undefined && size > WHOLE_FILE_LIMIT) throw new RangesUnsupportedError(url, size, WHOLE_FILE_LIMIT);
  const parts: Uint8Array[] = [];
  let received = 0;
  for await (const chunk of chunks) {
    received += chunk.length;
    if (received > WHOLE_FILE_LIMIT) throw new RangesUnsupportedError(url, size, WHOLE_FILE_LIMIT);
    parts.push(chunk);
  }
  if (size !== undefined && received < size) throw brokenOff(url);
  const whole = new Uint8Array(received);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Where CORS hides Content-Range, Content-Length of a HEAD answer is still readable. */
async function sizeByHead(url: string, options: HttpOptions & { readonly signal?: AbortSignal }): Promise<number> {
  const use = async ({ response }: Answer) => Number(response.headers.get('content-length') ?? Number.NaN);
  const size = await withRetries(url, () => ({ method: 'HEAD' }), use, options, options.signal);
  if (!Number.isSafeInteger(size)) throw new SizeUnknownError(url);
  return size;
}

async function readRange(
  url: string,
  version: Version,
  offset: number,
  bytes: Bytes,
  options: HttpOptions,
  signal?: AbortSignal,
): Promise<Bytes> {
  const { length } = bytes;
  let received = 0;
  let receivedAtFailure = 0;
  const progressed = () => {
    const moved = received > receivedAtFailure;
    receivedAtFailure = received;
    return moved;
  };
  const range = () => `bytes=${offset + received}-${offset + length - 1}`;
  const receive = async ({ response, chunks }: Answer) => {
    checkPart(url, version, response, offset + received, range());
    for await (const chunk of chunks) {
      if (chunk.length > length - received) throw new BadRangeAnswerError(url, range(), 'more bytes');
      bytes.set(chunk, received);
      received += chunk.length;
    }
    if (received < length) throw brokenOff(url);
  };
  if (length > 0) await withRetries(url, () => ({ headers: { range: range() } }), receive, options, signal, progressed);
  return bytes;
}

function checkPart(url: string, version: Version, response: Response, offset: number, asked: string): void {
  const range = contentRange(response);
  const now: Version = { size: range?.total ?? version.size, ...versionTags(response) };
  if (response.status === 416 || now.size !== version.size || tagsDiffer(version, now))
    throw new SourceChangedError(lastName(url), describe(version), response.status === 416 ? 'shorter' : describe(now));
  if (response.status !== 206) throw new RangesUnsupportedError(url, version.size, WHOLE_FILE_LIMIT);
  if (range && range.first !== offset)
    throw new BadRangeAnswerError(url, asked, response.headers.get('content-range')!);
}

// If-Range is not sent: it would need a CORS preflight, and comparing what every answer says is as safe.
const versionTags = ({ headers }: Response): VersionTags => ({
  etag: headers.get('etag')?.replace(/^W\//, '') ?? null,
  modified: headers.get('last-modified'),
});

const tagsDiffer = (a: VersionTags, b: VersionTags): boolean =>
  a.etag && b.etag ? a.etag !== b.etag : Boolean(a.modified && b.modified && a.modified !== b.modified);

const describe = ({ size, etag, modified }: Version): string =>
  [`${size} bytes`, etag ?? modified].filter(Boolean).join(', ');

/** `bytes 0-99/1000`; the total may be `*`, and with status 416 the part is. */
function contentRange({ headers }: Response): { readonly first?: number; readonly total?: number } | undefined {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  if (!match) return undefined;
  const [, first, total] = match;
  return { ...(first ? { first: Number(first) } : {}), ...(total && total !== '*' ? { total: Number(total) } : {}) };
}
