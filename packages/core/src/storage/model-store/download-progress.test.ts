import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DownloadProgress, progressMeter } from './download-progress.ts';

let seen: DownloadProgress[];
let now: number;
const meter = () =>
  progressMeter(
    (progress) => seen.push(progress),
    () => now,
  );
beforeEach(() => {
  seen = [];
  now = 1000;
  vi.useFakeTimers();
});
afterEach(() => void vi.useRealTimers());

describe('a progress meter', () => {
  it('tells bytes, rate and what is left, by the last five seconds', () => {
    const download = meter();
    download.start('download', 100, 10_100);
    now += 1000;
    download.add(1000);
    expect(seen.at(-1)).toEqual({ phase: 'download', bytes: 1100, total: 10_100, bytesPerSecond: 1000, etaSeconds: 9 });
    for (let second = 0; second < 6; second++) {
      now += 1000;
      download.add(500);
    }
    expect(seen.at(-1)).toMatchObject({ bytes: 4100, bytesPerSecond: 500, etaSeconds: 12 });
    download.stop();
  });

  it('tells ten times a second at most, and the last word in the end', () => {
    const download = meter();
    download.start('download', 0, undefined);
    for (let i = 0; i < 99; i++) {
      now += 1;
      download.add(1);
    }
    expect(seen).toHaveLength(1);
    now += 100;
    vi.advanceTimersByTime(100);
    expect(seen.at(-1)).toMatchObject({ bytes: 99, total: undefined, etaSeconds: undefined });
    expect(seen).toHaveLength(2);
  });

  it('tells the end at once, and nothing after it was stopped', () => {
    const download = meter();
    download.start('download', 0, 10);
    download.add(10);
    expect(seen.at(-1)).toMatchObject({ bytes: 10 });
    download.add(-5);
    download.stop();
    vi.advanceTimersByTime(1000);
    expect(seen).toHaveLength(2);
  });
});
