/// <reference types="node" />
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { getLlama, type LlamaContextSequence, LlamaLogLevel } from 'node-llama-cpp';

/** llama.cpp on the CPU, as a second opinion about files and ids. */
export type LlamaCpp = {
  /** Ids of a text; the names of control pieces stand for them. */
  tokenize(text: string): number[];
  /** The most likely next id after each of `tokens`. */
  nextIds(tokens: readonly number[]): Promise<number[]>;
  /** Calls `take` with the logits after each of `tokens`, in order, `pieces` long: megabytes each at full size. */
  eachLogits(tokens: readonly number[], take: (logits: Float32Array) => Promise<void>): Promise<void>;
  close(): Promise<void>;
};

type Input = Parameters<LlamaContextSequence['controlledEvaluate']>[0];

/** Loads a GGUF file. Never builds or downloads anything: the binary is in the package. */
export async function openLlamaCpp(path: string, contextSize: number): Promise<LlamaCpp> {
  const llama = await getLlama({ gpu: false, build: 'never', progressLogs: false, logLevel: LlamaLogLevel.error });
  const model = await llama.loadModel({ modelPath: path });
  // One thread: others would wait in loops for each other on a busy machine.
  const context = await model.createContext({ contextSize, threads: 1 });
  const sequence = context.getSequence();
  return {
    tokenize: (text) => model.tokenize(text, true),
    async nextIds(tokens) {
      await sequence.clearHistory();
      const items = tokens.map((id) => [id, { generateNext: { token: true } }] as const);
      const results = await sequence.controlledEvaluate(items as unknown as Input);
      return results.map((result) => result?.next.token ?? -1);
    },
    async eachLogits(tokens, take) {
      await sequence.clearHistory();
      // Few at once: they come as maps, which take some ten times as much memory.
      const atOnce = 8;
      for (let first = 0; first < tokens.length; first += atOnce) {
        const items = tokens
          .slice(first, first + atOnce)
          .map((id) => [id, { generateNext: { logits: true } }] as const);
        for (const result of await sequence.controlledEvaluate(items as unknown as Input)) {
          const found = result!.next.logits!;
          const logits = new Float32Array(found.size);
          for (const [id, logit] of found) logits[id] = logit;
          await take(logits);
        }
      }
    },
    close: () => llama.dispose(),
  };
}

/**
 * llama.cpp's logits after each of `tokens`, computed by a process of its own, which takes the model's memory with it
 * when it ends.
 */
export async function llamaCppLogits(path: string, tokens: readonly number[]): Promise<Float32Array[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tama-llama-'));
  try {
    const output = join(folder, 'logits.f32');
    const child = fileURLToPath(new URL('llama-cpp-child.ts', import.meta.url));
    const args = ['--conditions=@tama/source', child, path, output, JSON.stringify(tokens)];
    await promisify(execFile)(process.execPath, args);
    const { buffer } = new Uint8Array(await readFile(output));
    const rowBytes = buffer.byteLength / tokens.length;
    return tokens.map((_, row) => new Float32Array(buffer, row * rowBytes, rowBytes / 4));
  } finally {
    await rm(folder, { recursive: true });
  }
}
