/**
 * What a person pasted or typed, as the reference it means: `hf:…` and addresses as they are, `OWNER/REPO…` and the
 * address of a page of the hub as `hf:…`. Undefined where it is none of these.
 */
export function readReference(text: string, endpoint: string): string | undefined {
  const trimmed = text.trim();
  return read(trimmed, endpoint) ?? read(halfWidth(trimmed), endpoint);
}

/** As a Japanese input method would have written it in its other mode: `ｈｆ：` is `hf:`. */
const halfWidth = (text: string) =>
  text.replace(/[！-～]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - '！'.charCodeAt(0) + '!'.charCodeAt(0)));

function read(trimmed: string, endpoint: string): string | undefined {
  if (/^hf:/i.test(trimmed)) return trimmed;
  if (/^https?:\/\//i.test(trimmed)) return URL.canParse(trimmed) ? fromAddress(new URL(trimmed), endpoint) : undefined;
  return /^[A-Za-z0-9][\w.-]*(\/[^/\s@]+)+(@\S+)?$/.test(trimmed) ? `hf:${trimmed}` : undefined;
}

function fromAddress(url: URL, endpoint: string): string {
  if (!URL.canParse(endpoint) || url.host !== new URL(endpoint).host) return url.href;
  const [owner, repository, view, revision, ...path] = decoded(url.pathname).split('/').filter(Boolean);
  if (!owner || !repository) return url.href;
  if (view === undefined) return `hf:${owner}/${repository}`;
  if (!revision || !['blob', 'resolve', 'tree'].includes(view)) return url.href;
  const file = path.length === 0 ? '' : `/${path.join('/')}${view === 'tree' ? '/' : ''}`;
  return `hf:${owner}/${repository}${file}${revision === 'main' ? '' : `@${revision}`}`;
}

/** As it is where a % does not begin an escape. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The page of a hub's repository, where its licence can be accepted. */
export function repositoryPage(source: string, endpoint: string): string | undefined {
  const [, repository] = /^hf:([^/]+\/[^/@]+)/i.exec(source) ?? [];
  return repository && `${endpoint.replace(/\/+$/, '')}/${repository}`;
}
