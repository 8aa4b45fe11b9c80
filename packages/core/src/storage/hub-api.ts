import { type Answer, type HttpOptions, withRetries } from './http-request.ts';
import { BadHubAnswerError, HubRepositoryMissingError } from './hub-errors.ts';
import type { HubReference } from './hub-reference.ts';
import { pathSegments } from './relative-path.ts';
import { FileMissingError } from './storage-errors.ts';

/** Which hub, and as whom. The token goes to the endpoint's origin only, and into no message. */
export type HubOptions = HttpOptions & {
  /** Default `https://huggingface.co`. */
  readonly endpoint?: string;
  /** An access token that may read the repository. */
  readonly token?: string;
};

/** A file as the hub lists it. Large files are in LFS, whose id is their SHA-256. */
export type HubFile = { readonly path: string; readonly size: number; readonly sha256?: string };

const HUGGING_FACE = 'https://huggingface.co';
/** A thousand files have about 300 kB of JSON. */
const LONGEST_PAGE = 16 * 2 ** 20;

export const hubEndpoint = ({ endpoint = HUGGING_FACE }: HubOptions): string => endpoint.replace(/\/+$/, '');

/**
 * How to ask for `url`: with the token if it is the hub's own. `fetch` takes the header off where a redirect leads to
 * another origin, as its standard demands.
 */
export function hubRequest(url: string, { endpoint, token, ...http }: HubOptions): HttpOptions {
  const own = new URL(url).origin === new URL(hubEndpoint({ ...(endpoint ? { endpoint } : {}) })).origin;
  return token && own ? { ...http, headers: { ...http.headers, authorization: `Bearer ${token}` } } : http;
}

/** Where the hub serves a file of a repository. It redirects to another host for large ones. */
export const hubFileUrl = ({ repository, revision }: HubReference, path: string, options: HubOptions): string =>
  `${hubEndpoint(options)}/${repository}/resolve/${encodeURIComponent(revision)}/${path.split('/').map(encodeURIComponent).join('/')}`;

/** Every file of a repository, folders below included. */
export async function listHubFiles(
  { repository, revision }: HubReference,
  options: HubOptions,
  signal?: AbortSignal,
): Promise<readonly HubFile[]> {
  const endpoint = hubEndpoint(options);
  const files: HubFile[] = [];
  let url: string | undefined =
    `${endpoint}/api/models/${repository}/tree/${encodeURIComponent(revision)}?recursive=true`;
  const seen = new Set<string>();
  while (url) {
    if (seen.has(url)) throw new BadHubAnswerError(url, 'its pages never end');
    seen.add(url);
    const page: Page = await withRetries(url, () => ({}), readPage(url), hubRequest(url, options), signal).catch(
      (error: unknown) => {
        if (!(error instanceof FileMissingError)) throw error;
        throw new HubRepositoryMissingError(repository, revision, endpoint, { cause: error });
      },
    );
    files.push(...page.files);
    url = page.next;
  }
  return files;
}

type Page = { readonly files: readonly HubFile[]; readonly next: string | undefined };

const readPage =
  (url: string) =>
  async ({ response, chunks }: Answer): Promise<Page> => {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of chunks) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > LONGEST_PAGE) throw new BadHubAnswerError(url, `it has more than ${LONGEST_PAGE} bytes`);
    }
    return { files: parseFiles(url, text), next: nextPage(url, response.headers.get('link')) };
  };

function parseFiles(url: string, text: string): HubFile[] {
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch (cause) {
    throw new BadHubAnswerError(url, 'it is not JSON', { cause });
  }
  if (!Array.isArray(entries)) throw new BadHubAnswerError(url, 'it is not a JSON array');
  return entries.filter((entry) => entry?.type === 'file').map((entry) => hubFile(url, entry));
}

type Entry = { path?: unknown; size?: unknown; lfs?: { oid?: unknown; size?: unknown } };

function hubFile(url: string, { path, size, lfs }: Entry): HubFile {
  const bytes = lfs?.size ?? size;
  if (typeof path !== 'string' || !Number.isSafeInteger(bytes) || (bytes as number) < 0)
    throw new BadHubAnswerError(url, 'a file has no path or no size');
  pathSegments(path);
  const sha256 = String(lfs?.oid ?? '').replace(/^sha256:/, '');
  return { path, size: bytes as number, ...(/^[0-9a-f]{64}$/.test(sha256) ? { sha256 } : {}) };
}

/** `<URL>; rel="next"`. Another origin would receive the token's owner's questions: it is not followed. */
function nextPage(url: string, link: string | null): string | undefined {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(link ?? '')?.[1];
  if (target === undefined) return undefined;
  const next = URL.canParse(target, url) ? new URL(target, url) : undefined;
  if (next?.origin !== new URL(url).origin) throw new BadHubAnswerError(url, `its next page is '${target}'`);
  return next.href;
}
