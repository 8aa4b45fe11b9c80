/// <reference types="node" />

/**
 * Bytes of JavaScript memory: the heap, the ArrayBuffers, and what else belongs to JavaScript's objects, as memories of
 * WebAssembly and mapped GPU buffers. Not what a software adapter has in the same process.
 */
const hostBytes = (): number => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

export type HostMemory = {
  /** The most there was beyond what there was before. */
  readonly peakBytes: number;
  /** The same of ArrayBuffers alone: none can have been larger. */
  readonly peakArrayBufferBytes: number;
  readonly samples: number;
};

/** Also of ArrayBuffers: their memory is given back beside the program, which only the next collection waits for. */
export function collectGarbage(): void {
  const { gc } = globalThis;
  if (!gc) throw new Error('memory is measured with --expose-gc');
  gc();
  gc();
}

/**
 * Measures JavaScript memory while `work` runs: whenever the event loop turns, and when `work` calls `sample`. Garbage
 * counts, but for what a collection takes away where there is more than `limit`: with room to spare, V8 lets a few dozen
 * megabytes lie. Needs `--expose-gc`.
 */
export async function measureHostMemory<T>(
  work: (sample: () => void) => Promise<T>,
  limit = hostMemoryLimit,
): Promise<{ readonly result: T; readonly memory: HostMemory }> {
  await globalThis.gc?.({ type: 'major', execution: 'async' });
  collectGarbage();
  const [before, buffersBefore] = [hostBytes(), process.memoryUsage().arrayBuffers];
  let [peak, peakBuffers, samples] = [before, buffersBefore, 0];
  const sample = () => {
    if (hostBytes() - before > limit) collectGarbage();
    peak = Math.max(peak, hostBytes());
    peakBuffers = Math.max(peakBuffers, process.memoryUsage().arrayBuffers);
    samples++;
  };
  const timer = setInterval(sample, 1);
  try {
    const result = await work(sample);
    sample();
    return { result, memory: { peakBytes: peak - before, peakArrayBufferBytes: peakBuffers - buffersBefore, samples } };
  } finally {
    clearInterval(timer);
  }
}

/** What loading or converting any model may take. */
export const hostMemoryLimit = 64 * 2 ** 20;

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

export const describeHostMemory = ({ peakBytes, peakArrayBufferBytes }: HostMemory): string =>
  `at most ${mebibytes(peakBytes)} of JavaScript memory, and ${mebibytes(peakArrayBufferBytes)} of ArrayBuffers`;
