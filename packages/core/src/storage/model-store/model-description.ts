import { fetchableUrl } from '../fetchable-url.ts';
import { lastName } from '../http-request.ts';
import { type HubOptions, hubFileUrl, listHubFiles, pinRevision } from '../hub-api.ts';
import { hubModelFiles } from '../hub-model-files.ts';
import { formatHubReference, isHubReference, parseHubReference } from '../hub-reference.ts';
import { pathSegments } from '../relative-path.ts';
import { FolderUrlError } from './store-errors.ts';

/** What is to be downloaded: a manifest of the model's files. */
export type ModelDescription = {
  /** Where it comes from, as a person would name it again: `hf:OWNER/REPO`, a URL. One model a source is stored. */
  readonly source: string;
  /** What it is called for short. */
  readonly name: string;
  /** The commit of a hub's repository that all its files are of. */
  readonly commit?: string;
  readonly files: readonly ModelFile[];
};

export type ModelFile = {
  /** Where it goes in the model's folder. */
  readonly path: string;
  readonly url: string;
  /** Bytes, where they are known beforehand. */
  readonly size?: number;
  /** 64 hexadecimal digits. Without it only the size is checked. */
  readonly sha256?: string;
};

/**
 * The files behind `hf:OWNER/REPO…`, with sizes and hashes as the hub publishes them, or behind the URL of a file. A
 * branch is resolved to its commit here, so that a download that is resumed later cannot mix two states of it.
 */
export async function describeModel(
  reference: string,
  { sha256, ...options }: HubOptions & { readonly sha256?: string } = {},
  signal?: AbortSignal,
): Promise<ModelDescription> {
  if (!isHubReference(reference)) return describeUrl(fetchableUrl(reference), sha256);
  const hub = parseHubReference(reference);
  const pinned = await pinRevision(hub, options, signal);
  const files = hubModelFiles(await listHubFiles(pinned, options, signal), hub);
  const [, repository = ''] = hub.repository.split('/');
  return {
    source: formatHubReference(hub),
    name: hub.path?.split('/').findLast((name) => name !== '') ?? repository,
    commit: pinned.revision,
    files: files.map((file) => ({ ...file, url: hubFileUrl(pinned, file.path, options) })),
  };
}

function describeUrl(url: URL, sha256: string | undefined): ModelDescription {
  if (url.pathname.endsWith('/')) throw new FolderUrlError(url.href);
  const name = lastName(url.href);
  const urls = partUrls(url);
  const files = urls.map((part) => {
    const path = lastName(part);
    if (pathSegments(path).length !== 1) throw new FolderUrlError(part);
    return { path, url: part, ...(sha256 && urls.length === 1 ? { sha256: sha256.toLowerCase() } : {}) };
  });
  return { source: url.href, name, files };
}

/** Every part of a split GGUF, whichever was named: `NAME-00001-of-00003.gguf`. */
function partUrls(url: URL): readonly string[] {
  const [, base, , total] = /^(.*-)(\d{5})-of-(\d{5})\.gguf$/.exec(url.pathname) ?? [];
  if (base === undefined || total === undefined) return [url.href];
  return Array.from({ length: Number(total) }, (_, part) => {
    const other = new URL(url);
    other.pathname = `${base}${String(part + 1).padStart(5, '0')}-of-${total}.gguf`;
    return other.href;
  });
}

/** What {@link ModelDescription.source} is for a reference, however it is written. */
export const canonicalSource = (reference: string): string =>
  isHubReference(reference) ? formatHubReference(parseHubReference(reference)) : fetchableUrl(reference).href;
