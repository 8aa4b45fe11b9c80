import type { App, WebContents } from 'electron';

/** Says whether one more crash is within `limit` in the last `windowMs` milliseconds. */
export function crashBudget(limit: number, windowMs: number, now: () => number = performance.now.bind(performance)) {
  let crashes: number[] = [];
  return (): boolean => {
    const time = now();
    crashes = [...crashes.filter((at) => time - at < windowMs), time];
    return crashes.length <= limit;
  };
}

export type Choice = 'reload' | 'quit';

export type RecoveryOptions = {
  /** Asks the person, once crashes repeat. */
  readonly ask: (what: 'gpu' | 'page') => Promise<Choice>;
  readonly withinBudget?: () => boolean;
};

/**
 * What to do when a process behind the page ends badly. Chromium starts the GPU process again by itself, and the page
 * opens its device again; a page that is gone is loaded again. Where that keeps happening, the person decides, as a
 * reload would only bring the next crash.
 */
export function recoverFromCrashes(
  app: Pick<App, 'on' | 'off' | 'quit'>,
  contents: Pick<WebContents, 'on' | 'once' | 'reload' | 'isDestroyed'>,
  { ask, withinBudget = crashBudget(3, 5 * 60_000) }: RecoveryOptions,
): void {
  let asking = false;
  const decide = async (what: 'gpu' | 'page') => {
    if (asking) return;
    asking = true;
    const choice = await ask(what).finally(() => {
      asking = false;
    });
    if (choice === 'quit') app.quit();
    else if (!contents.isDestroyed()) contents.reload();
  };
  const onChildGone = (_event: unknown, { type, reason }: { type: string; reason: string }) => {
    if (type === 'GPU' && reason !== 'clean-exit' && !withinBudget()) void decide('gpu');
  };
  app.on('child-process-gone', onChildGone);
  contents.once('destroyed', () => app.off('child-process-gone', onChildGone));
  contents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit' || contents.isDestroyed()) return;
    if (withinBudget()) contents.reload();
    else void decide('page');
  });
}
