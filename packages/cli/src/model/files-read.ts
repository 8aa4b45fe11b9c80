import { join } from 'node:path';
import type { ByteFolder, ByteSource } from '@tama/core';

/** A model whose files are noted as they are opened: where each of them is, by path, URL or reference. */
export type NotedModel = { readonly model: ByteSource | ByteFolder; readonly filesRead: ReadonlySet<string> };

export function noteFilesRead(from: ByteSource | ByteFolder): NotedModel {
  const filesRead = new Set<string>();
  const note = ({ location }: ByteFolder, path: string) => {
    if (location !== undefined) filesRead.add(join(location, path));
  };
  const noting = (folder: ByteFolder): ByteFolder => ({
    ...folder,
    async open(path, signal) {
      const source = await folder.open(path, signal);
      if (source) note(folder, path);
      return source && besideNoting(source);
    },
  });
  const besideNoting = (source: ByteSource): ByteSource =>
    source.folder ? { ...source, folder: noting(source.folder) } : source;
  if ('open' in from) return { model: noting(from), filesRead };
  if (from.folder) note(from.folder, from.name);
  return { model: besideNoting(from), filesRead };
}
