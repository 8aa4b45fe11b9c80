import { WebAssemblyUnavailableError } from '../checkpoint-errors.ts';

/**
 * One stream of libzstd's decoder in a memory of its own: what `scripts/zstd/decoder.c` exports. Results of `readHeader`
 * and `decode` may be errors, which `errorCode` tells.
 */
export type ZstdDecoder = {
  readonly memory: WebAssembly.Memory;
  readonly inputAddress: () => number;
  readonly inputBytes: () => number;
  readonly outputAddress: () => number;
  readonly readHeader: (length: number) => number;
  readonly headerSize: () => number;
  readonly isSkippable: () => number;
  readonly contentSize: () => number;
  readonly windowSize: () => number;
  readonly begin: (window: number) => number;
  readonly decode: (from: number, to: number, filled: number) => number;
  readonly consumed: () => number;
  readonly produced: () => number;
  readonly errorCode: (result: number) => number;
  readonly errorName: (result: number) => number;
};

let compiled: WebAssembly.Module | undefined;
/** Those that were given back, unless their memory has been collected since. */
const idle: WeakRef<ZstdDecoder>[] = [];

/** A decoder for the stream in `file`, and for no other. The code comes with the first. */
export async function takeZstdDecoder(file: string): Promise<ZstdDecoder> {
  for (let known = idle.pop(); known; known = idle.pop()) {
    const decoder = known.deref();
    if (decoder) return decoder;
  }
  compiled ??= await compile(file);
  const { exports } = await WebAssembly.instantiate(compiled);
  return exports as ZstdDecoder;
}

/** Lets another stream have it: checkpoints are thousands of chunks, and memories of WebAssembly are slow to be collected. */
export function giveBackZstdDecoder(decoder: ZstdDecoder): void {
  idle.push(new WeakRef(decoder));
}

async function compile(file: string): Promise<WebAssembly.Module> {
  const { zstdWasm } = await import('./zstd-wasm.ts');
  const bytes = Uint8Array.from(atob(zstdWasm), (character) => character.charCodeAt(0));
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    // The bytes are sound: it is not there (ReferenceError), or a policy forbids it (CompileError).
    throw new WebAssemblyUnavailableError(file, cause);
  }
}
