import { OptionError } from '../errors.ts';
import { blobSource, filesFolder } from './blob-source.ts';
import type { ByteFolder, ByteSource } from './byte-source.ts';
import { fetchableUrl } from './fetchable-url.ts';
import { httpFolder, httpSource } from './http-source.ts';
import type { HubOptions } from './hub-api.ts';
import { isHubReference } from './hub-reference.ts';
import { openHub } from './hub-source.ts';
import { browserModelStore } from './model-store/browser-model-store.ts';
import type { PickedFolder } from './picked-folder.ts';

/**
 * A URL of a file or (with a slash at its end) a folder, a reference to a hub such as `hf:OWNER/REPO`, `stored:` and the
 * name or source of a model in the browser's store, one file, a folder that was picked or dropped or its files, or what is already open.
 */
export type ModelSource = string | URL | Blob | readonly File[] | PickedFolder | ByteSource | ByteFolder;

/** Opens what a caller may name a model by. @throws {OptionError} for anything else @throws what the source's reader throws */
export async function openSource(
  source: ModelSource,
  signal?: AbortSignal,
  hub: HubOptions = {},
): Promise<ByteSource | ByteFolder> {
  if (typeof source === 'string' || source instanceof URL) {
    if (isHubReference(String(source))) return openHub(String(source), hub, signal);
    const stored = /^stored:(.*)$/s.exec(String(source))?.[1];
    if (stored !== undefined) return (await browserModelStore()).open(stored);
    // Relative URLs are meant relative to the page, or to the page of the worker.
    const url = fetchableUrl(source, globalThis.location?.href).href;
    return url.endsWith('/') ? httpFolder(url) : httpSource(url, signal ? { signal } : {});
  }
  if (source instanceof Blob) return blobSource(source);
  if (isFiles(source)) {
    const [file, ...others] = source;
    return file && others.length === 0 ? blobSource(file) : filesFolder(source);
  }
  if (typeof source === 'object' && source !== null) {
    if ('files' in source) return filesFolder(source);
    if ('read' in source || 'open' in source) return source;
  }
  throw new OptionError('source', source, {
    en: 'a URL, a File or Blob, the Files of a folder, or a ByteSource such as memorySource(name, bytes)',
    ja: 'URL、「File」または「Blob」、フォルダーの「File」の配列、または「memorySource(name, bytes)」などのByteSource',
  });
}

const isFiles = (source: readonly File[] | PickedFolder | ByteSource | ByteFolder): source is readonly File[] =>
  Array.isArray(source);
