/// <reference types="node" />
import { createHash } from 'node:crypto';
import { byRange, type Handler, type ModelServer, serve } from './model-server.ts';

export type FakeHub = ModelServer & {
  /** The `Authorization` of every request so far. */
  readonly authorizations: readonly (string | undefined)[];
  /** The commit that the revision stands for. */
  readonly commit: string;
  /** The revision moves on to other files. The commits before stay. */
  push(files: Files): string;
};

type Files = Readonly<Record<string, Uint8Array>>;

type HubBehaviour = {
  /** Files of this many bytes and more are in LFS, which lists their SHA-256. */
  readonly lfsBytes?: number;
  readonly pageLength?: number;
  /** Pages of other servers may ask, as they may on a real hub. */
  readonly cors?: boolean;
  /** Answers for a file instead of the hub, or leaves it to it by returning false. */
  readonly intercept?: (path: string, ...args: Parameters<Handler>) => boolean;
  /** The hash listed for a file, in place of the true one. */
  readonly sha256?: Readonly<Record<string, string>>;
};

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The part of huggingface.co's API that we use, with one repository and one branch or other revision of it. */
export async function serveHub(
  repository: string,
  firstFiles: Files,
  behaviour: HubBehaviour = {},
  revision = 'main',
): Promise<FakeHub> {
  const { lfsBytes = 1000, pageLength = 1000, intercept = () => false } = behaviour;
  const authorizations: (string | undefined)[] = [];
  const commits = new Map<string, Files>();
  let commit = '';
  const push = (files: Files) => {
    commit = createHash('sha1').update(`${commits.size}`).digest('hex');
    commits.set(commit, files);
    return commit;
  };
  push(firstFiles);
  const filesAt = (name = '') => commits.get(decodeURIComponent(name) === revision ? commit : name);
  const listed = (files: Files) =>
    Object.entries(files).map(([path, bytes]) => ({
      type: 'file',
      oid: '0'.repeat(40),
      size: bytes.length,
      path,
      ...(bytes.length >= lfsBytes
        ? { lfs: { oid: behaviour.sha256?.[path] ?? sha256(bytes), size: bytes.length, pointerSize: 130 } }
        : {}),
    }));
  const api = new RegExp(`^/api/models/${repository}/(tree|revision)/([^/]+)$`);
  const resolve = new RegExp(`^/${repository}/resolve/([^/]+)/(.+)$`);
  const server = await serve((request, response) => {
    authorizations.push(request.headers.authorization);
    const url = new URL(request.url!, 'http://hub');
    const [, question, asked] = api.exec(url.pathname) ?? [];
    const files = filesAt(asked);
    if (files) {
      const start = Number(url.searchParams.get('cursor') ?? 0);
      const end = start + pageLength;
      const entries = listed(files);
      const next = `<http://${request.headers.host}${url.pathname}?recursive=true&cursor=${end}>; rel="next"`;
      response.writeHead(200, {
        'content-type': 'application/json; charset=utf-8',
        ...(question === 'tree' && end < entries.length ? { link: next } : {}),
      });
      const page = [{ type: 'directory', path: 'folder' }, ...entries.slice(start, end)];
      response.end(JSON.stringify(question === 'tree' ? page : { id: repository, sha: commit }));
      return;
    }
    const [, at, path = ''] = resolve.exec(url.pathname) ?? [];
    if (intercept(decodeURIComponent(path), request, response)) return;
    const bytes = filesAt(at)?.[decodeURIComponent(path)];
    if (bytes) byRange(bytes)(request, response);
    else response.writeHead(404).end();
  }, behaviour);
  return {
    ...server,
    authorizations,
    push,
    get commit() {
      return commit;
    },
  };
}
