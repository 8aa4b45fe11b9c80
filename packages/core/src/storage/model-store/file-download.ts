import { isTamaError } from '@tama/errors';
import type { Bytes } from '../byte-source.ts';
import { BadRangeAnswerError } from '../http-errors.ts';
import {
  contentRange,
  type HttpVersion,
  moreBytes,
  sizeByHead,
  streamRange,
  tagsDiffer,
  versionTags,
  versionWords,
} from '../http-range.ts';
import { type Answer, brokenOff, type HttpOptions, withRetries } from '../http-request.ts';
import { coalesced, inParallel } from '../parallel.ts';
import { byteCount, SourceChangedError } from '../storage-errors.ts';
import { type FileRecord, forget, hasArrived, pieceCount, pieceLength, storedBytes } from './model-record.ts';
import type { StoreWriter } from './store-backing.ts';

export type FileTask = {
  /** Brought up to date as pieces arrive. */
  readonly file: FileRecord;
  readonly openWriter: () => Promise<StoreWriter>;
  /** Called with what the file will still take of the disk, before any of that is fetched. @throws {StorageFullError} */
  readonly reserve: (bytes: number) => Promise<void>;
  /** Keeps the record that the file is part of. */
  readonly save: () => Promise<void>;
  /** Told of every byte that arrives, and of those that have to come again, as less than nothing. */
  readonly onBytes: (bytes: number) => void;
  /** Pieces that are fetched at once; each holds one piece in memory. */
  readonly connections: number;
  readonly http: HttpOptions;
  readonly signal: AbortSignal;
};

/** A file that changes on the server while it is fetched is begun anew so many times. */
const FRESH_STARTS = 2;

/**
 * Brings what is missing of a file to disk, by ranges, or whole where the server has none. Pieces that are on disk are
 * kept whatever happens, unless the server has another version of the file by now.
 */
export async function downloadFile(task: FileTask): Promise<void> {
  const { file } = task;
  const writer = await task.openWriter();
  try {
    dropLostPieces(file, writer.size, task.onBytes);
    for (let fresh = 0; !hasArrived(file); fresh++) {
      try {
        await downloadVersion(task, writer);
      } catch (error) {
        if (!isTamaError(error, 'source-changed') || fresh === FRESH_STARTS) throw error;
        forgetFile(task);
      }
    }
  } finally {
    await writer.close();
  }
}

function forgetFile({ file, onBytes }: FileTask): void {
  onBytes(-storedBytes(file));
  forget(file);
}

/** The file may have been cut short or deleted by other hands. Wrong bytes inside it are found by their hash. */
function dropLostPieces(file: FileRecord, length: number, onBytes: (bytes: number) => void): void {
  const size = file.version?.size ?? 0;
  for (const piece of file.stored) {
    const bytes = pieceLength(file, size, piece);
    if (piece * file.pieceBytes + bytes <= length) continue;
    file.stored.delete(piece);
    onBytes(-bytes);
  }
}

async function downloadVersion(task: FileTask, writer: StoreWriter): Promise<void> {
  const { file, http, signal } = task;
  const { version, ranges } = await firstLook(file.url, http, signal);
  if (file.version && differ(file.version, version)) forgetFile(task);
  const told = version.size;
  if (told !== undefined && file.size !== undefined && told !== file.size)
    throw new SourceChangedError(file.path, byteCount(file.size), byteCount(told));
  if (told === undefined) return downloadWhole(task, writer, version);
  file.version = { ...version, size: told };
  await task.reserve(Math.max(0, told - writer.size));
  await writer.reserve?.(told);
  if (!ranges) return downloadWhole(task, writer, version);
  try {
    await downloadPieces(task, writer, file.version);
  } catch (error) {
    if (!isTamaError(error, 'http-no-ranges')) throw error;
    forgetFile(task);
    await downloadWhole(task, writer, version);
  }
}

type Look = {
  readonly version: Omit<HttpVersion, 'size'> & { readonly size: number | undefined };
  readonly ranges: boolean;
};

/** Size and version, and whether the server has ranges. */
async function firstLook(url: string, http: HttpOptions, signal: AbortSignal): Promise<Look> {
  const use = async ({ response }: Answer): Promise<Look> => {
    const tags = versionTags(response);
    const total = contentRange(response)?.total;
    if (response.status === 206) return { version: { size: total, ...tags }, ranges: true };
    if (response.status === 416) {
      if (total === 0) return { version: { size: 0, ...tags }, ranges: true };
      throw new BadRangeAnswerError(url, 'bytes=0-0', '416');
    }
    const length = response.headers.get('content-length');
    return { version: { size: length === null ? undefined : Number(length), ...tags }, ranges: false };
  };
  const look = await withRetries(url, () => ({ headers: { range: 'bytes=0-0' } }), use, http, signal);
  if (!look.ranges || look.version.size !== undefined) return look;
  return { ...look, version: { ...look.version, size: await sizeByHead(url, { ...http, signal }) } };
}

const differ = (a: HttpVersion, b: Look['version']): boolean => a.size !== b.size || tagsDiffer(a, b);

async function downloadPieces(task: FileTask, writer: StoreWriter, version: HttpVersion): Promise<void> {
  const { file, signal } = task;
  const runs = missingRuns(file, version.size, task.connections);
  const journal = pieceJournal(task, writer);
  const queue = runs.values();
  try {
    await inParallel(Math.min(task.connections, runs.length), signal, async (signal) => {
      const buffer = new Uint8Array(Math.min(file.pieceBytes, version.size));
      for (const run of queue) await downloadRun({ ...task, signal }, writer, version, run, buffer, journal.add);
    });
  } finally {
    await journal.commit();
  }
}

/** Pieces that are fetched by one request: `first` and those that follow it, `count` in all. */
type Run = { readonly first: number; readonly count: number };

/** Hubs count requests, so a run is long; many runs keep every connection busy to the end. */
const LONGEST_RUN = 16;
const RUNS_A_CONNECTION = 8;

function missingRuns(file: FileRecord, size: number, connections: number): readonly Run[] {
  const missing = Array.from({ length: pieceCount(file, size) }, (_, piece) => piece).filter(
    (piece) => !file.stored.has(piece),
  );
  const longest = Math.min(LONGEST_RUN, Math.ceil(missing.length / (connections * RUNS_A_CONNECTION)));
  const runs: { first: number; count: number }[] = [];
  for (const piece of missing) {
    const run = runs.at(-1);
    if (run && run.first + run.count === piece && run.count < longest) run.count++;
    else runs.push({ first: piece, count: 1 });
  }
  return runs;
}

async function downloadRun(
  { file, http, signal, onBytes }: FileTask,
  writer: StoreWriter,
  version: HttpVersion,
  run: Run,
  buffer: Bytes,
  stored: (piece: number, bytes: number) => Promise<void>,
): Promise<void> {
  let piece = run.first;
  let filled = 0;
  const take = async (chunk: Uint8Array) => {
    for (let used = 0; used < chunk.length; ) {
      const length = pieceLength(file, version.size, piece);
      const part = chunk.subarray(used, used + length - filled);
      buffer.set(part, filled);
      used += part.length;
      filled += part.length;
      onBytes(part.length);
      if (filled < length) continue;
      await writer.write(piece * file.pieceBytes, buffer.subarray(0, length));
      filled = 0;
      await stored(piece++, length);
    }
  };
  const offset = run.first * file.pieceBytes;
  const length = Math.min(version.size - offset, run.count * file.pieceBytes);
  try {
    await streamRange(file.url, version, { offset, length }, take, http, signal);
  } finally {
    onBytes(-filled);
  }
}

/** A piece counts as stored when its bytes have been flushed, and is found again after a crash when that is recorded. */
function pieceJournal({ file, save }: FileTask, writer: StoreWriter) {
  let written: number[] = [];
  let unflushed = 0;
  const commit = coalesced(async () => {
    const pieces = written;
    written = [];
    unflushed = 0;
    await writer.flush();
    for (const piece of pieces) file.stored.add(piece);
    await save();
  });
  return {
    commit,
    async add(piece: number, bytes: number) {
      written.push(piece);
      unflushed += bytes;
      if (unflushed >= writer.flushEveryBytes) await commit();
    },
  };
}

/** From the first byte to the last over one connection; where it breaks off there is no way but to begin again. */
async function downloadWhole(task: FileTask, writer: StoreWriter, { size, ...tags }: Look['version']): Promise<void> {
  const { file, http, signal, onBytes } = task;
  let received = 0;
  const use = async ({ response, chunks }: Answer) => {
    onBytes(-received);
    received = 0;
    const first = contentRange(response)?.first ?? 0;
    if (!response.ok || first !== 0)
      throw new BadRangeAnswerError(file.url, 'bytes=0-', `${response.status}, ${first}-`);
    if (tagsDiffer(tags, versionTags(response)))
      throw new SourceChangedError(file.path, versionWords(tags), versionWords(versionTags(response)));
    for await (const chunk of chunks) {
      if (size !== undefined && received + chunk.length > size)
        throw new BadRangeAnswerError(file.url, `bytes=0-${size - 1}`, moreBytes);
      await writer.write(received, new Uint8Array(chunk));
      received += chunk.length;
      onBytes(chunk.length);
    }
    if (size !== undefined && received < size) throw brokenOff(file.url);
  };
  try {
    // Asking for a range makes browsers and Node ask for bytes that are not compressed.
    await withRetries(file.url, () => ({ headers: { range: 'bytes=0-' } }), use, http, signal);
  } catch (error) {
    onBytes(-received);
    throw error;
  }
  await writer.flush();
  file.version = { size: received, ...tags };
  for (let piece = 0; piece < pieceCount(file, received); piece++) file.stored.add(piece);
  await task.save();
}
