/// <reference types="node" />
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExclusiveOptions } from './store-backing.ts';

export type LockTimes = {
  /** How often those who wait look again. */
  readonly pollMs: number;
  /** How often the holder shows that it is alive, by the time on the file. */
  readonly beatMs: number;
  /** A lock without a beat for so long is nobody's. Looks are counted: a machine that was asleep saw no time pass. */
  readonly staleMs: number;
};
const times: LockTimes = { pollMs: 200, beatMs: 2000, staleMs: 30_000 };

type Owner = { readonly host: string; readonly pid: number; readonly id: string };

/**
 * Runs `use` while this process holds the lock file. A lock left by a process of this machine that has ended is taken at
 * once; one of another machine, or of a process number in use again, when its time has stood still for long enough.
 */
export async function withLockFile<T>(
  path: string,
  use: () => Promise<T>,
  { signal, onWaiting }: ExclusiveOptions = {},
  { pollMs, beatMs, staleMs }: LockTimes = times,
): Promise<T> {
  const owner: Owner = { host: hostname(), pid: process.pid, id: randomUUID() };
  await mkdir(dirname(path), { recursive: true });
  let seen = { beat: Number.NaN, looks: 0 };
  while (!(await create(path, owner))) {
    signal?.throwIfAborted();
    const holder = await read(path);
    if (!holder) continue;
    seen = { beat: holder.beat, looks: holder.beat === seen.beat ? seen.looks + 1 : 0 };
    if (hasEnded(holder.owner) || seen.looks * pollMs > staleMs) await takeAway(path, holder.text);
    else {
      onWaiting?.();
      await sleep(pollMs, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
    }
  }
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), beatMs);
  beat.unref();
  try {
    return await use();
  } finally {
    clearInterval(beat);
    if ((await read(path))?.owner?.id === owner.id) await rm(path, { force: true });
  }
}

/** True where the file is there and its process, as far as can be told from here, still runs. */
export async function isLockHeld(path: string): Promise<boolean> {
  const holder = await read(path);
  return holder !== undefined && !hasEnded(holder.owner);
}

/** The file appears with its content, or not at all: a link to a finished file does, where opening a new one does not. */
async function create(path: string, owner: Owner): Promise<boolean> {
  const draft = `${path}.${owner.id}`;
  await writeFile(draft, JSON.stringify(owner));
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

type Holder = { readonly text: string; readonly owner: Owner | undefined; readonly beat: number };

async function read(path: string): Promise<Holder | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    return { text, owner: parse(text), beat: mtimeMs };
  } catch {
    return undefined; // released meanwhile
  }
}

function parse(text: string): Owner | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function hasEnded(owner: Owner | undefined): boolean {
  if (owner?.host !== hostname() || !Number.isSafeInteger(owner.pid) || owner.pid <= 0) return false;
  try {
    process.kill(owner.pid, 0); // sends nothing
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/**
 * Only one of those who found the lock stale moves it away; who moved another one than it found puts it back. Should a
 * third have come in between, two write the same pieces of the same file: wasteful, and right.
 */
async function takeAway(path: string, text: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, 'utf8')) !== text) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}
