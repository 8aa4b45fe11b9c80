/** `wait`: another tab or process is at it; its progress is told. `paused`: until somebody resumes. */
export type DownloadPhase = 'wait' | 'download' | 'verify' | 'paused' | 'done';

export type DownloadProgress = {
  readonly phase: DownloadPhase;
  /** Stored, or verified, so far. */
  readonly bytes: number;
  /** Of all files; unknown while a server has not told the size of one. */
  readonly total: number | undefined;
  /** Over the last five seconds. */
  readonly bytesPerSecond: number | undefined;
  readonly etaSeconds: number | undefined;
};

/** Counts bytes, and tells how far, how fast and how long still, at most ten times a second and at every turn. */
export type ProgressMeter = {
  start(phase: DownloadPhase, bytes: number, total: number | undefined): void;
  /** Less than nothing when something has to be fetched again. */
  add(bytes: number): void;
  setTotal(total: number | undefined): void;
  /** Nothing is told any more of what was counted so far. */
  stop(): void;
};

const WINDOW_MS = 5000;
const INTERVAL_MS = 100;

/** `now` counts milliseconds from anywhere. */
export function progressMeter(
  report: (progress: DownloadProgress) => void,
  now: () => number = () => performance.now(),
): ProgressMeter {
  let phase: DownloadPhase = 'download';
  let bytes = 0;
  let total: number | undefined;
  let samples: { readonly at: number; readonly bytes: number }[] = [];
  let reportedAt = Number.NEGATIVE_INFINITY;
  let later: ReturnType<typeof setTimeout> | undefined;

  const stop = () => {
    clearTimeout(later);
    later = undefined;
  };
  const tell = (at: number) => {
    stop();
    reportedAt = at;
    samples = samples.filter((sample) => at - sample.at <= WINDOW_MS);
    samples.push({ at, bytes });
    const [oldest] = samples;
    const seconds = (at - oldest!.at) / 1000;
    const rate = seconds > 0 ? Math.max(0, bytes - oldest!.bytes) / seconds : undefined;
    const etaSeconds = rate && total !== undefined ? (total - bytes) / rate : undefined;
    report({ phase, bytes, total, bytesPerSecond: rate, etaSeconds });
  };
  return {
    start(newPhase, newBytes, newTotal) {
      phase = newPhase;
      bytes = newBytes;
      total = newTotal;
      samples = [];
      tell(now());
    },
    add(more) {
      bytes += more;
      const at = now();
      if (at - reportedAt >= INTERVAL_MS || bytes === total) tell(at);
      else later ??= setTimeout(() => tell(now()), INTERVAL_MS);
    },
    setTotal(newTotal) {
      total = newTotal;
    },
    stop,
  };
}
