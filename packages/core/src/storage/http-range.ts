import type { Words } from '@tama/errors';
import type { Bytes } from './byte-source.ts';
import { BadRangeAnswerError, RangesUnsupportedError, SizeUnknownError } from './http-errors.ts';
import { type Answer, brokenOff, type HttpOptions, lastName, withRetries } from './http-request.ts';
import { byteCount, SourceChangedError } from './storage-errors.ts';

/** What a server without ranges may send whole into memory. Anything larger has to be downloaded to a store first. */
export const WHOLE_FILE_LIMIT = 32 * 2 ** 20;

/** Tells one version of a file from another. Compared on every answer, so that parts of two versions never mix. */
export type HttpVersion = { readonly size: number } & VersionTags;
export type VersionTags = { readonly etag: string | null; readonly modified: string | null };

/** Where CORS hides Content-Range, Content-Length of a HEAD answer is still readable. */
export async function sizeByHead(
  url: string,
  options: HttpOptions & { readonly signal?: AbortSignal },
): Promise<number> {
  const use = async ({ response }: Answer) => Number(response.headers.get('content-length') ?? Number.NaN);
  const size = await withRetries(url, () => ({ method: 'HEAD' }), use, options, options.signal);
  if (!Number.isSafeInteger(size)) throw new SizeUnknownError(url);
  return size;
}

/** Fills `bytes` from `offset` of the file. Throws what {@link streamRange} throws. */
export async function readRange(
  url: string,
  version: HttpVersion,
  offset: number,
  bytes: Bytes,
  options: HttpOptions,
  signal?: AbortSignal,
): Promise<Bytes> {
  let received = 0;
  const take = (chunk: Uint8Array) => {
    bytes.set(chunk, received);
    received += chunk.length;
  };
  await streamRange(url, version, { offset, length: bytes.length }, take, options, signal);
  return bytes;
}

/**
 * Gives a part of a file to `take` as it arrives, over as many connections as it takes, all of the same version.
 * @throws {SourceChangedError} when the file is another one by now @throws {RangesUnsupportedError}
 */
export async function streamRange(
  url: string,
  version: HttpVersion,
  { offset, length }: { readonly offset: number; readonly length: number },
  take: (chunk: Uint8Array) => void | Promise<void>,
  options: HttpOptions,
  signal?: AbortSignal,
): Promise<void> {
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
      if (chunk.length > length - received) throw new BadRangeAnswerError(url, range(), moreBytes);
      received += chunk.length;
      await take(chunk);
    }
    if (received < length) throw brokenOff(url);
  };
  if (length > 0) await withRetries(url, () => ({ headers: { range: range() } }), receive, options, signal, progressed);
}

function checkPart(url: string, version: HttpVersion, response: Response, offset: number, asked: string): void {
  const range = contentRange(response);
  const now: HttpVersion = { size: range?.total ?? version.size, ...versionTags(response) };
  if (response.status === 416 || now.size !== version.size || tagsDiffer(version, now))
    throw new SourceChangedError(
      lastName(url),
      versionWords(version),
      response.status === 416 ? shorter : versionWords(now),
    );
  if (response.status !== 206) throw new RangesUnsupportedError(url, version.size, WHOLE_FILE_LIMIT);
  if (range && range.first !== offset)
    throw new BadRangeAnswerError(url, asked, response.headers.get('content-range')!);
}

// If-Range is not sent: it would need a CORS preflight, and comparing what every answer says is as safe.
export const versionTags = ({ headers }: Response): VersionTags => ({
  etag: headers.get('etag')?.replace(/^W\//, '') ?? null,
  modified: headers.get('last-modified'),
});

export const tagsDiffer = (a: VersionTags, b: VersionTags): boolean =>
  a.etag && b.etag ? a.etag !== b.etag : Boolean(a.modified && b.modified && a.modified !== b.modified);

/** Size and tag of a version, as far as they are known. */
export function versionWords({ size, etag, modified }: VersionTags & { readonly size?: number | undefined }): Words {
  const bytes = size === undefined ? { en: '', ja: '' } : byteCount(size);
  const known = (text: string) => [text, etag ?? modified].filter(Boolean);
  return { en: known(bytes.en).join(', '), ja: known(bytes.ja).join('、') };
}

const shorter: Words = { en: 'shorter', ja: 'より短いファイル' };
/** More than was asked for. */
export const moreBytes: Words = { en: 'more bytes', ja: 'より多くのバイト' };

/** `bytes 0-99/1000`; the total may be `*`, and with status 416 the part is. */
export function contentRange({ headers }: Response): { readonly first?: number; readonly total?: number } | undefined {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  if (!match) return undefined;
  const [, first, total] = match;
  return { ...(first ? { first: Number(first) } : {}), ...(total && total !== '*' ? { total: Number(total) } : {}) };
}
