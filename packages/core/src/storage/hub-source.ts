import { type ByteFolder, type ByteSource, parentFolder, subfolder } from './byte-source.ts';
import { httpSource } from './http-source.ts';
import { type HubOptions, hubFileUrl, hubRequest, listHubFiles } from './hub-api.ts';
import { hubModelFiles } from './hub-model-files.ts';
import { formatHubReference, type HubReference, parseHubReference } from './hub-reference.ts';
import { entriesBelow } from './memory-source.ts';
import { pathSegments } from './relative-path.ts';

/**
 * Opens `hf:OWNER/REPO…` to be read by ranges, without downloading it: a file as a source, a folder as a folder, and of
 * a repository that is one GGUF file that file. @throws {AmbiguousHubModelError} where a repository holds several models
 */
export async function openHub(
  text: string,
  options: HubOptions = {},
  signal?: AbortSignal,
): Promise<ByteSource | ByteFolder> {
  const reference = parseHubReference(text);
  const folder = hubFolder(reference, options);
  const path = reference.path ?? '';
  if (path !== '' && !path.endsWith('/')) return hubSource(reference, path, folder, options, signal);
  const files = hubModelFiles(await listHubFiles(reference, options, signal), reference);
  const gguf = files.map(({ path }) => path).sort();
  if (gguf[0]?.endsWith('.gguf')) return hubSource(reference, gguf[0], folder, options, signal);
  return path === '' ? folder : subfolder(folder, path.slice(0, -1));
}

/** The files of a repository, which can be listed. The list is asked for once, when it is first needed. */
function hubFolder(reference: HubReference, options: HubOptions = {}): ByteFolder {
  let listed: Promise<ReadonlySet<string>> | undefined;
  const paths = (signal?: AbortSignal) => {
    listed ??= listHubFiles(reference, options, signal).then((files) => new Set(files.map(({ path }) => path)));
    listed.catch(() => {
      listed = undefined;
    });
    return listed;
  };
  const folder: ByteFolder = {
    name: reference.repository.slice(reference.repository.indexOf('/') + 1),
    async open(path, signal) {
      pathSegments(path);
      return (await paths(signal)).has(path) ? hubSource(reference, path, folder, options, signal) : undefined;
    },
    list: async (path) => entriesBelow(await paths(), path),
  };
  return folder;
}

function hubSource(
  reference: HubReference,
  path: string,
  folder: ByteFolder,
  options: HubOptions,
  signal?: AbortSignal,
): Promise<ByteSource> {
  const url = hubFileUrl(reference, path, options);
  const { path: _, ...repository } = reference;
  const below = path.slice(0, path.lastIndexOf('/') + 1);
  const location = formatHubReference(below === '' ? repository : { ...repository, path: below });
  return httpSource(url, {
    ...hubRequest(url, options),
    folder: { ...parentFolder(folder, path), location },
    ...(signal ? { signal } : {}),
  });
}
