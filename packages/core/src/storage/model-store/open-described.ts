import { type ByteFolder, type ByteSource, parentFolder } from '../byte-source.ts';
import { httpSource } from '../http-source.ts';
import { type HubOptions, hubRequest } from '../hub-api.ts';
import { entriesBelow } from '../memory-source.ts';
import type { ModelDescription } from './model-description.ts';
import { modelRoot } from './model-root.ts';

/** The files of a model, read by ranges where they are: as a folder, and a model of one file as that file. */
export async function openDescribed(
  description: ModelDescription,
  hub: HubOptions,
  signal?: AbortSignal,
): Promise<{ readonly folder: ByteFolder; readonly source: ByteSource | ByteFolder }> {
  const { name, files } = description;
  const urls = new Map(files.map(({ path, url }) => [path, url]));
  const paths = new Set(urls.keys());
  const folder: ByteFolder = {
    name,
    async open(path, signal) {
      const url = urls.get(path);
      if (url === undefined) return undefined;
      return httpSource(url, {
        ...hubRequest(url, hub),
        folder: parentFolder(folder, path),
        ...(signal ? { signal } : {}),
      });
    },
    list: async (path) => entriesBelow(paths, path),
  };
  const [file, ...others] = files;
  const only = file && others.length === 0 ? await folder.open(file.path, signal) : undefined;
  return { folder, source: only ?? modelRoot(folder, description) };
}
