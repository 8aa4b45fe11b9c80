import { atMost, object, unique, validJson, validUtf8 } from '../expectation.ts';
import type { ByteFolder, ByteSource } from '../storage/byte-source.ts';
import { MalformedFileError } from './checkpoint-errors.ts';
import { otherBytes, shortened, words } from './field.ts';

/** Configurations and indices have kilobytes; parsing takes a multiple of the text in memory. */
const JSON_LIMIT = 4 * 2 ** 20;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A whole small JSON file that holds an object. Throws {@link MalformedFileError} if it is something else. */
export async function readJsonFile(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  if (source.size > JSON_LIMIT)
    throw new MalformedFileError(source.name, 'JSON', words.size, source.size, atMost(JSON_LIMIT));
  return parseJsonObject(source.name, 'JSON', await source.read(0, source.size, signal));
}

/** A JSON file of a folder, or `undefined` if it is not there. */
export async function readFolderJson(
  folder: ByteFolder,
  path: string,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const source = await folder.open(path, signal);
  try {
    return source && (await readJsonFile(source, signal));
  } finally {
    await source?.close?.();
  }
}

/** Parses bytes as a JSON object in which no key repeats. */
export function parseJsonObject(file: string, format: string, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const text = decodeText(file, format, bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const problem = shortened(error instanceof Error ? error.message : String(error));
    const found = { en: `damaged (${problem})`, ja: `壊れています（「${problem}」）` };
    throw new MalformedFileError(file, format, words.content, found, validJson);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MalformedFileError(file, format, words.content, text.trim().slice(0, 20), object);
  const repeated = repeatedKey(text);
  if (repeated !== undefined)
    throw new MalformedFileError(file, format, { en: 'JSON key', ja: 'JSONのキー' }, repeated, unique);
  return value as Record<string, unknown>;
}

function decodeText(file: string, format: string, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new MalformedFileError(file, format, words.content, otherBytes, validUtf8);
  }
}

/** JSON.parse keeps the last of equal keys without a word; this finds them. The text is known to be valid JSON. */
function repeatedKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g;
  for (const [match, colon] of text.matchAll(token)) {
    if (match === '{') open.push(new Set());
    else if (match === '[') open.push(undefined);
    else if (match === '}' || match === ']') open.pop();
    else if (colon !== undefined) {
      const key: string = JSON.parse(match.slice(0, match.lastIndexOf('"') + 1));
      const keys = open.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}
