import { fetchableUrl } from './fetchable-url.ts';
import { BadUrlError } from './http-errors.ts';
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

/** @throws {BadUrlError} */
function hubEndpoint({ endpoint = HUGGING_FACE }: Pick<HubOptions, 'endpoint'>): string {
  // A host without a scheme may read as one: localhost:8080.
  if (!/^https?:$/.test(fetchableUrl(endpoint).protocol)) throw new BadUrlError(endpoint);
  return endpoint.replace(/\/+$/, '');
}

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
  reference: HubReference,
  options: HubOptions,
  signal?: AbortSignal,
): Promise<readonly HubFile[]> {
  const { repository, revision } = reference;
  const files: HubFile[] = [];
  let url: string | undefined =
    `${hubEndpoint(options)}/api/models/${repository}/tree/${encodeURIComponent(revision)}?recursive=true`;
  const seen = new Set<string>();
  while (url) {
    if (seen.has(url)) throw new BadHubAnswerError(url, { en: 'its pages never end', ja: 'ページが終わりません' });
    seen.add(url);
    const page: Page = await askHub(reference, url, readPage(url), options, signal);
    files.push(...page.files);
    url = page.next;
  }
  return files;
}

const COMMIT = /^[0-9a-f]{40}$/;

/** The same reference with the commit that its branch or tag stands for now, so that what is read later is of one piece. */
export async function pinRevision(
  reference: HubReference,
  options: HubOptions,
  signal?: AbortSignal,
): Promise<HubReference> {
  const { repository, revision } = reference;
  if (COMMIT.test(revision)) return reference;
  const endpoint = hubEndpoint(options);
  const url = `${endpoint}/api/models/${repository}/revision/${encodeURIComponent(revision)}`;
  const text = await askHub(reference, url, (answer) => readText(url, answer), options, signal);
  const { sha } = (parseJson(url, text) ?? {}) as { sha?: unknown };
  if (typeof sha !== 'string' || !COMMIT.test(sha))
    throw new BadHubAnswerError(url, { en: 'it names no commit', ja: 'コミットがありません' });
  return { ...reference, revision: sha };
}

type Page = { readonly files: readonly HubFile[]; readonly next: string | undefined };

async function askHub<T>(
  { repository, revision }: HubReference,
  url: string,
  use: (answer: Answer) => Promise<T>,
  options: HubOptions,
  signal?: AbortSignal,
): Promise<T> {
  try {
    return await withRetries(url, () => ({}), use, hubRequest(url, options), signal);
  } catch (error) {
    if (!(error instanceof FileMissingError)) throw error;
    throw new HubRepositoryMissingError(repository, revision, hubEndpoint(options), { cause: error });
  }
}

const readPage =
  (url: string) =>
  async (answer: Answer): Promise<Page> => ({
    files: parseFiles(url, await readText(url, answer)),
    next: nextPage(url, answer.response.headers.get('link')),
  });

async function readText(url: string, { chunks }: Answer): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST_PAGE)
      throw new BadHubAnswerError(url, {
        en: `it has more than ${LONGEST_PAGE} bytes`,
        ja: `${LONGEST_PAGE}バイトを超えています`,
      });
  }
  return text;
}

function parseJson(url: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BadHubAnswerError(url, { en: 'it is not JSON', ja: 'JSONではありません' }, { cause });
  }
}

function parseFiles(url: string, text: string): HubFile[] {
  const entries = parseJson(url, text);
  if (!Array.isArray(entries))
    throw new BadHubAnswerError(url, { en: 'it is not a JSON array', ja: 'JSONの配列ではありません' });
  return entries.filter((entry) => entry?.type === 'file').map((entry) => hubFile(url, entry));
}

type Entry = { path?: unknown; size?: unknown; lfs?: { oid?: unknown; size?: unknown } };

function hubFile(url: string, { path, size, lfs }: Entry): HubFile {
  const bytes = lfs?.size ?? size;
  if (typeof path !== 'string' || !Number.isSafeInteger(bytes) || (bytes as number) < 0)
    throw new BadHubAnswerError(url, {
      en: 'a file has no path or no size',
      ja: 'パスまたはサイズのないファイルがあります',
    });
  pathSegments(path);
  const sha256 = String(lfs?.oid ?? '').replace(/^sha256:/, '');
  return { path, size: bytes as number, ...(/^[0-9a-f]{64}$/.test(sha256) ? { sha256 } : {}) };
}

/** `<URL>; rel="next"`. Another origin would receive the token's owner's questions: it is not followed. */
function nextPage(url: string, link: string | null): string | undefined {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(link ?? '')?.[1];
  if (target === undefined) return undefined;
  const next = URL.canParse(target, url) ? new URL(target, url) : undefined;
  if (next?.origin !== new URL(url).origin)
    throw new BadHubAnswerError(url, { en: `its next page is '${target}'`, ja: `次のページが「${target}」です` });
  return next.href;
}
