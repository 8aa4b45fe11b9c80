/// <reference types="node" />
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LockTimes, withLockFile } from './node-lock-file.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tama lock '));
  path = join(folder, 'below', 'm.lock');
});
afterEach(() => rm(folder, { recursive: true }));

const quick: LockTimes = { pollMs: 1, beatMs: 5, staleMs: 60_000 };
/** Larger than any process number that is given out. */
const nobody = 2 ** 30;
const leave = (owner: object | string) =>
  withLockFile(path, async () => {}).then(() =>
    writeFile(path, typeof owner === 'string' ? owner : JSON.stringify(owner)),
  );

describe('a lock file', () => {
  it('lets one in at a time, however many come at once, and is gone afterwards', async () => {
    let inside = 0;
    const order: number[] = [];
    const enter = (number: number) =>
      withLockFile(
        path,
        async () => {
          expect(++inside).toBe(1);
          await new Promise((resolve) => setTimeout(resolve, 2));
          order.push(number);
          inside--;
        },
        {},
        quick,
      );
    await Promise.all([1, 2, 3, 4, 5].map(enter));
    expect(order.sort()).toEqual([1, 2, 3, 4, 5]);
    expect(await readdir(join(folder, 'below'))).toEqual([]);
  });

  it('is released by a failure', async () => {
    await expect(withLockFile(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withLockFile(path, async () => 'in')).toBe('in');
  });

  it('of a process that has ended is taken at once, by one of those who come', async () => {
    await leave({ host: hostname(), pid: nobody, id: 'gone' });
    let inside = 0;
    const enter = async () => {
      expect(++inside).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 2));
      inside--;
    };
    await Promise.all([1, 2, 3, 4].map(() => withLockFile(path, enter, {}, quick)));
  });

  it.each([
    ['another machine', { host: 'elsewhere', pid: 1, id: 'x' }],
    ['a process number in use again', { host: hostname(), pid: process.pid, id: 'x' }],
    ['a crash in the middle of writing it', '{"host'],
  ])('of %s is taken when it has stood still for long enough', async (_, owner) => {
    await leave(owner);
    let waited = 0;
    const options = { onWaiting: () => void waited++ };
    expect(await withLockFile(path, async () => 'in', options, { ...quick, staleMs: 30 })).toBe('in');
    expect(waited).toBeGreaterThan(0);
  });

  it('that beats is left to its holder, and the waiting can be ended', async () => {
    const release = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const times = { pollMs: 1, beatMs: 1, staleMs: 20 };
    const hold = () => {
      entered.resolve();
      return release.promise;
    };
    const holding = withLockFile(path, hold, {}, times);
    await entered.promise;
    const stop = new AbortController();
    let waited = 0;
    const onWaiting = () => {
      if (++waited === 100) stop.abort(new Error('enough'));
    };
    await expect(withLockFile(path, async () => 'in', { signal: stop.signal, onWaiting }, times)).rejects.toThrow(
      'enough',
    );
    release.resolve();
    await holding;
  });
});
