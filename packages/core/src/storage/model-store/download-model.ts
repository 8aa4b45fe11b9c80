import { type HubOptions, hubRequest } from '../hub-api.ts';
import type { ProgressMeter } from './download-progress.ts';
import { downloadFile } from './file-download.ts';
import type { ModelDescription } from './model-description.ts';
import {
  continueRecord,
  type FileRecord,
  forget,
  hasArrived,
  type ModelRecord,
  type StoredModel,
  sizeOf,
  storedBytes,
  storedModel,
} from './model-record.ts';
import type { ModelShelf } from './model-shelf.ts';
import type { StoreBacking } from './store-backing.ts';
import { HashMismatchError, StorageFullError } from './store-errors.ts';

export type DownloadTask = {
  readonly backing: StoreBacking;
  readonly shelf: ModelShelf;
  readonly description: ModelDescription;
  readonly hub: HubOptions;
  readonly pieceBytes: number;
  readonly connections: number;
  readonly meter: ProgressMeter;
  readonly signal: AbortSignal;
};

const HASHED_AT_ONCE = 2 ** 20;

/**
 * Brings a model to the end of its download from wherever it is: fetches what is missing, then verifies. The caller sees
 * to it that nobody else does the same. What is stored when it fails is found again by the next call.
 */
export async function downloadModel(task: DownloadTask): Promise<StoredModel> {
  const { backing, shelf, description, meter, signal } = task;
  const before = await shelf.read();
  const record = continueRecord(description, before, task.pieceBytes);
  if (storedModel(record).complete && before?.files.length === record.files.length) return storedModel(record);
  await backing.persist();
  for (const { path } of before?.files ?? [])
    if (!record.files.some((file) => file.path === path)) await backing.remove(shelf.filePath(path));
  try {
    await shelf.write(record);
    meter.start('download', storedModel(record).storedBytes, storedModel(record).bytes);
    for (const file of record.files) {
      if (file.verified || hasArrived(file)) continue;
      await fetchFile(task, record, file);
    }
    await verify(task, record);
  } catch (error) {
    if (!backing.isFull(error) || signal.aborted) throw error;
    const needed = missingBytes(record.files);
    const available = await backing.availableBytes();
    // Browsers may promise what they do not have: a number that would do says nothing then.
    throw new StorageFullError(needed, available !== undefined && available < needed ? available : undefined, {
      cause: error,
    });
  }
  return storedModel(record);
}

async function fetchFile(
  { backing, shelf, hub, connections, meter, signal }: DownloadTask,
  record: ModelRecord,
  file: FileRecord,
) {
  await downloadFile({
    file,
    openWriter: () => backing.openWriter(shelf.filePath(file.path)),
    async reserve(bytes) {
      meter.setTotal(storedModel(record).bytes);
      await checkSpace(backing, bytes + missingBytes(record.files.filter((other) => other !== file)));
    },
    save: () => shelf.write(record),
    onBytes: (bytes) => meter.add(bytes),
    connections,
    http: hubRequest(file.url, hub),
    signal,
  });
}

/** Before every file, as another program may have taken the room meanwhile. */
async function checkSpace(backing: StoreBacking, needed: number): Promise<void> {
  const available = await backing.availableBytes();
  if (available !== undefined && needed > available) throw new StorageFullError(needed, available);
}

const missingBytes = (files: readonly FileRecord[]): number =>
  files.reduce((sum, file) => sum + Math.max(0, (sizeOf(file) ?? 0) - storedBytes(file)), 0);

/** Compares what is on disk with the published hashes. A file that differs is deleted. */
async function verify({ backing, shelf, meter, signal }: DownloadTask, record: ModelRecord): Promise<void> {
  const files = record.files.filter(({ verified }) => !verified);
  const hashed = files.filter(({ sha256 }) => sha256 !== undefined);
  meter.start(
    'verify',
    0,
    hashed.reduce((sum, file) => sum + sizeOf(file)!, 0),
  );
  for (const file of files) {
    if (file.sha256 !== undefined) {
      const actual = await hashOf(backing, shelf.filePath(file.path), meter, signal);
      if (actual !== file.sha256) {
        forget(file);
        await shelf.write(record);
        await backing.remove(shelf.filePath(file.path));
        throw new HashMismatchError(file.path, file.sha256, actual);
      }
    }
    file.verified = true;
    await shelf.write(record);
  }
}

async function hashOf(backing: StoreBacking, path: string, meter: ProgressMeter, signal: AbortSignal): Promise<string> {
  const slash = path.lastIndexOf('/');
  const source = await backing.folder(path.slice(0, slash)).open(path.slice(slash + 1), signal);
  const hash = backing.sha256();
  const buffer = new Uint8Array(HASHED_AT_ONCE);
  try {
    for (let offset = 0; source && offset < source.size; ) {
      const length = Math.min(HASHED_AT_ONCE, source.size - offset);
      const bytes = await source.read(offset, length, signal, buffer);
      hash.update(bytes);
      meter.add(length);
      offset += length;
    }
  } finally {
    await source?.close?.();
  }
  return hash.digestHex();
}
