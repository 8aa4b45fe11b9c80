/// <reference types="node" />
import { createHash } from 'node:crypto';
import { byRange, type Handler, type ModelServer, serve } from './model-server.ts';

export type FakeHub = ModelServer & {
  /** The `Authorization` of every request so far. */
  readonly authorizations: readonly (string | undefined)[];
};

type HubBehaviour = {
  /** Files of this many bytes and more are in LFS, which lists their SHA-256. */
  readonly lfsBytes?: number;
  readonly pageLength?: number;
  /** Answers for a file instead of the hub, or leaves it to it by returning false. */
  readonly intercept?: (path: string, ...args: Parameters<Handler>) => boolean;
  /** The hash listed for a file, in place of the true one. */
  readonly sha256?: Readonly<Record<string, string>>;
};

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The part of huggingface.co's API that we use, with one repository at one revision. */
export async function serveHub(
  repository: string,
  files: Readonly<Record<string, Uint8Array>>,
  behaviour: HubBehaviour = {},
  revision = 'main',
): Promise<FakeHub> {
  const { lfsBytes = 1000, pageLength = 1000, intercept = () => false } = behaviour;
  const authorizations: (string | undefined)[] = [];
  const entries = Object.entries(files).map(([path, bytes]) => ({
    type: 'file',
    oid: '0'.repeat(40),
    size: bytes.length,
    path,
    ...(bytes.length >= lfsBytes
      ? { lfs: { oid: behaviour.sha256?.[path] ?? sha256(bytes), size: bytes.length, pointerSize: 130 } }
      : {}),
  }));
  const tree = `/api/models/${repository}/tree/${encodeURIComponent(revision)}`;
  const resolve = `/${repository}/resolve/${encodeURIComponent(revision)}/`;
  const server = await serve((request, response) => {
    authorizations.push(request.headers.authorization);
    const url = new URL(request.url!, 'http://hub');
    if (url.pathname === tree) {
      const start = Number(url.searchParams.get('cursor') ?? 0);
      const end = start + pageLength;
      const next = `<http://${request.headers.host}${tree}?recursive=true&cursor=${end}>; rel="next"`;
      response.writeHead(200, {
        'content-type': 'application/json; charset=utf-8',
        ...(end < entries.length ? { link: next } : {}),
      });
      response.end(JSON.stringify([{ type: 'directory', path: 'folder' }, ...entries.slice(start, end)]));
      return;
    }
    const path = url.pathname.startsWith(resolve) ? decodeURIComponent(url.pathname.slice(resolve.length)) : '';
    const bytes = files[path];
    if (intercept(path, request, response)) return;
    if (bytes) byRange(bytes)(request, response);
    else response.writeHead(404).end();
  });
  return { ...server, authorizations };
}
