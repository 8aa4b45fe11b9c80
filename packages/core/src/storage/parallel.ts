/**
 * Runs `job` so many times at once. When one fails the others are told to stop, all have ended when this returns, and
 * the first failure is thrown.
 */
export async function inParallel(
  count: number,
  signal: AbortSignal,
  job: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  await Promise.all(Array.from({ length: count }, () => job(either).catch((error: unknown) => stop.abort(error))));
  signal.throwIfAborted();
  stop.signal.throwIfAborted();
}

/** Runs `work` once at a time; calls made while it runs share the run after it. */
export function coalesced(work: () => Promise<void>): () => Promise<void> {
  let last = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => {
    if (next) return next;
    const run = () => {
      next = undefined;
      return work();
    };
    next = last = last.then(run, run);
    return next;
  };
}
