import { vi } from 'vitest';

/**
 * A fetch on the clock of vitest's fake timers, which stands still: an answer that tells no length is followed by nothing
 * for so many milliseconds, at once.
 */
export const fetchThenSilence =
  (milliseconds: number): typeof fetch =>
  async (...request) => {
    const response = await fetch(...request);
    if (!response.headers.has('content-length')) setImmediate(() => vi.advanceTimersByTime(milliseconds));
    return response;
  };
