import { EventEmitter } from 'node:events';
import type { App, WebContents } from 'electron';
import { describe, expect, it } from 'vitest';
import { type Choice, crashBudget, recoverFromCrashes } from './crash-recovery.ts';

function recovering(answer: Choice, limit = 2) {
  const log: string[] = [];
  const app = Object.assign(new EventEmitter(), { quit: () => log.push('quit') });
  const contents = Object.assign(new EventEmitter(), {
    reload: () => log.push('reload'),
    isDestroyed: () => false,
  });
  recoverFromCrashes(app as unknown as App, contents as unknown as WebContents, {
    ask: async (what) => {
      log.push(`ask about the ${what}`);
      return answer;
    },
    withinBudget: crashBudget(limit, 1000, () => 0),
  });
  const gpuGone = (reason = 'crashed', type = 'GPU') => app.emit('child-process-gone', {}, { type, reason });
  const pageGone = (reason = 'crashed') => contents.emit('render-process-gone', {}, { reason });
  return { app, contents, log, gpuGone, pageGone };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('crashBudget', () => {
  it('counts the crashes of the last while only', () => {
    let time = 0;
    const within = crashBudget(2, 1000, () => time);
    expect([within(), within(), within()]).toEqual([true, true, false]);
    time = 1500;
    expect([within(), within(), within()]).toEqual([true, true, false]);
  });
});

describe('recovery', () => {
  it('leaves the first GPU crashes to Chromium and the page, then asks', async () => {
    const { log, gpuGone } = recovering('reload');
    gpuGone();
    gpuGone();
    expect(log).toEqual([]);
    gpuGone();
    await settled();
    expect(log).toEqual(['ask about the gpu', 'reload']);
  });

  it('loads a page that is gone again, and stops when that only repeats it', async () => {
    const { log, pageGone } = recovering('quit');
    pageGone();
    pageGone('oom');
    expect(log).toEqual(['reload', 'reload']);
    pageGone();
    await settled();
    expect(log.slice(2)).toEqual(['ask about the page', 'quit']);
  });

  it('asks once at a time', async () => {
    const { log, gpuGone } = recovering('reload', 0);
    gpuGone();
    gpuGone();
    await settled();
    expect(log).toEqual(['ask about the gpu', 'reload']);
  });

  it('takes no notice of ordinary ends and of other processes', async () => {
    const { log, gpuGone, pageGone } = recovering('reload', 0);
    gpuGone('clean-exit');
    gpuGone('crashed', 'Utility');
    pageGone('clean-exit');
    await settled();
    expect(log).toEqual([]);
  });

  it('lets go of a window that is closed', () => {
    const { app, contents } = recovering('reload');
    contents.emit('destroyed');
    expect(app.listenerCount('child-process-gone')).toBe(0);
  });
});
