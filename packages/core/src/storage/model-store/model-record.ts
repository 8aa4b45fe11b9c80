import type { HttpVersion } from '../http-range.ts';
import { lastName } from '../http-request.ts';
import { pathSegments } from '../relative-path.ts';
import type { ModelDescription, ModelFile } from './model-description.ts';

/**
 * What a store knows of a model: while it is downloaded the journal, afterwards the manifest. Kept as JSON beside the
 * files.
 */
export type ModelRecord = {
  readonly source: string;
  readonly name: string;
  readonly commit?: string;
  readonly files: readonly FileRecord[];
};

export type FileRecord = ModelFile & {
  /** Pieces have this many bytes, but for the last one. */
  readonly pieceBytes: number;
  /** What the server said of the file when its first piece came. */
  version?: HttpVersion;
  /** Numbers of the pieces that are safely on disk. */
  readonly stored: Set<number>;
  /** Nothing of it is missing, and its hash is right where one is known. */
  verified: boolean;
};

/** A model in a store. As a description it can be downloaded again, which goes on where it ended. */
export type StoredModel = ModelDescription & {
  readonly complete: boolean;
  readonly storedBytes: number;
  /** Of all files; unknown while a server has not told the size of one. */
  readonly bytes: number | undefined;
  /** Its download is under way at this moment, in whatever tab or process. Only lists of models tell. */
  readonly active?: boolean;
};

const FORMAT = 1;

export const sizeOf = (file: FileRecord): number | undefined => file.version?.size ?? file.size;

export const pieceCount = (file: FileRecord, size: number): number => Math.ceil(size / file.pieceBytes);

export const pieceLength = ({ pieceBytes }: FileRecord, size: number, piece: number): number =>
  Math.min(pieceBytes, size - piece * pieceBytes);

export function storedBytes(file: FileRecord): number {
  const size = file.version?.size;
  if (size === undefined) return 0;
  let bytes = 0;
  for (const piece of file.stored) bytes += pieceLength(file, size, piece);
  return bytes;
}

/** True when every piece is on disk, whether or not their hash has been looked at. */
export const hasArrived = (file: FileRecord): boolean =>
  file.version !== undefined && file.stored.size === pieceCount(file, file.version.size);

export function forget(file: FileRecord): void {
  delete file.version;
  file.stored.clear();
  file.verified = false;
}

export function storedModel({ source, name, commit, files }: ModelRecord): StoredModel {
  const sizes = files.map(sizeOf);
  return {
    source,
    name,
    ...(commit === undefined ? {} : { commit }),
    files: files.map(({ path, url, sha256, ...file }) => {
      const size = file.version?.size ?? file.size;
      return { path, url, ...(size === undefined ? {} : { size }), ...(sha256 === undefined ? {} : { sha256 }) };
    }),
    complete: files.every(({ verified }) => verified),
    storedBytes: files.reduce((sum, file) => sum + storedBytes(file), 0),
    bytes: sizes.includes(undefined) ? undefined : sizes.reduce<number>((sum, size) => sum + size!, 0),
  };
}

/** The record to go on from: what is known of files that are still the same, and nothing of the others. */
export function continueRecord(
  { source, name, commit, files }: ModelDescription,
  before: ModelRecord | undefined,
  pieceBytes: number,
): ModelRecord {
  const known = new Map(before?.files.map((file) => [file.path, file]));
  return {
    source,
    name,
    ...(commit === undefined ? {} : { commit }),
    files: files.map((file) => {
      pathSegments(file.path);
      const old = known.get(file.path);
      // Of another commit only a hash tells that a file is still the same.
      const comparable = before?.commit === commit || file.sha256 !== undefined;
      const sameSize = file.size === undefined || file.size === (old && sizeOf(old));
      return old && comparable && old.sha256 === file.sha256 && sameSize
        ? { ...old, ...file }
        : { ...file, pieceBytes, stored: new Set<number>(), verified: false };
    }),
  };
}

export const recordToText = ({ source, name, commit, files }: ModelRecord): string =>
  JSON.stringify({
    format: FORMAT,
    source,
    name,
    commit,
    files: files.map((file) => ({ ...file, stored: toRanges(file.stored) })),
  });

/** `undefined` for what is no record of ours, or was cut off. */
export function recordFromText(text: string | undefined): ModelRecord | undefined {
  try {
    const { format, source, name, commit, files } = JSON.parse(text ?? '');
    if (format !== FORMAT) return undefined;
    return {
      source: String(source),
      name: String(name ?? lastName(source)),
      ...(commit === undefined ? {} : { commit: String(commit) }),
      files: files.map((file: FileRecord & { stored: readonly Range[] }) => ({
        ...file,
        path: pathSegments(file.path).join('/'),
        stored: fromRanges(file.stored),
      })),
    };
  } catch {
    return undefined;
  }
}

type Range = readonly [first: number, last: number];

function toRanges(numbers: ReadonlySet<number>): readonly Range[] {
  const ranges: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range && range[1] === number - 1) range[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}

const fromRanges = (ranges: readonly Range[]): Set<number> =>
  new Set(ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)));
