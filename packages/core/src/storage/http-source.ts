import { isTamaError } from '@tama/errors';
import { type ByteFolder, type ByteSource, checkRead, lent, parentFolder } from './byte-source.ts';
import { BadRangeAnswerError, RangesUnsupportedError } from './http-errors.ts';
import {
  contentRange,
  type HttpVersion,
  readRange,
  sizeByHead,
  type VersionTags,
  versionTags,
  WHOLE_FILE_LIMIT,
} from './http-range.ts';
import { type Answer, brokenOff, type HttpOptions, lastName, withRetries } from './http-request.ts';
import { memorySource } from './memory-source.ts';
import { pathSegments } from './relative-path.ts';
import { FileMissingError } from './storage-errors.ts';

const PREFERRED_READ = 8 * 2 ** 20;

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
  const version: HttpVersion = { ...opened, size: opened.size ?? (await sizeByHead(url, options)) };
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
    location: url,
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
    parts.push(chunk.slice());
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
