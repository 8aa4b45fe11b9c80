/// <reference types="node" />
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a request is answered with; `byRange` is the answer of a server that does everything right. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export type ModelServer = {
  readonly url: string;
  /** `GET /path bytes=0-0` for every request so far. */
  readonly requests: readonly string[];
  close(): Promise<void>;
};

/** What a hub tells browsers: pages of any site may ask, with a token, and see these headers. */
const crossOrigin = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, range',
  'access-control-expose-headers': 'etag, link, accept-ranges, content-range',
};

/** A real HTTP server on this machine for the time of a test. `cors`: also for pages of other servers. */
export async function serve(handler: Handler, { cors = false } = {}): Promise<ModelServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    if (cors) for (const [name, value] of Object.entries(crossOrigin)) response.setHeader(name, value);
    if (cors && request.method === 'OPTIONS') return void response.writeHead(204).end();
    requests.push([request.method, request.url, request.headers.range].filter(Boolean).join(' '));
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Answers a GET with the part asked for, or the whole, with an ETag. */
export function byRange(bytes: Uint8Array, etag = '"v1"'): Handler {
  return (request, response) => {
    const range = parseRange(request);
    response.setHeader('etag', etag);
    response.setHeader('content-type', 'application/octet-stream');
    if (!range) {
      response.writeHead(200, { 'content-length': bytes.length }).end(request.method === 'HEAD' ? undefined : bytes);
      return;
    }
    const { first, last } = range;
    if (first >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
      return;
    }
    const part = bytes.subarray(first, last + 1);
    response.writeHead(206, {
      'content-range': `bytes ${first}-${first + part.length - 1}/${bytes.length}`,
      'content-length': part.length,
    });
    response.end(part);
  };
}

export function parseRange({
  headers,
}: IncomingMessage): { readonly first: number; readonly last: number } | undefined {
  const match = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '');
  return match ? { first: Number(match[1]), last: Number(match[2]) } : undefined;
}
