import { type ModelRecord, recordFromText, recordToText } from './model-record.ts';
import type { StoreBacking } from './store-backing.ts';

/** The place of one model in a store: its record, and a folder with its files under their own names. */
export type ModelShelf = {
  readonly id: string;
  /** The folder of the files. */
  readonly files: string;
  filePath(path: string): string;
  read(): Promise<ModelRecord | undefined>;
  write(record: ModelRecord): Promise<void>;
};

/** A readable folder name that differs for every source, also where capital letters make no difference. */
export async function shelfId(source: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(source)));
  const hash = [...digest.subarray(0, 6)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const readable = source
    .replace(/^(hf|https?):\/*/i, '')
    .replace(/\?.*/s, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-');
  return `${readable.slice(-80).replace(/^[.-]+/, '')}-${hash}`;
}

export function modelShelf(backing: StoreBacking, id: string): ModelShelf {
  const record = `${id}/record.json`;
  const files = `${id}/files`;
  return {
    id,
    files,
    filePath: (path) => `${files}/${path}`,
    read: async () => recordFromText(await backing.readText(record)),
    write: (content) => backing.writeText(record, recordToText(content)),
  };
}
