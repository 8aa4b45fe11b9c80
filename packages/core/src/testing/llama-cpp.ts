import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

/** llama.cpp on the CPU, as a second opinion about files and ids. */
export type LlamaCpp = {
  /** Ids of a text; the names of control pieces stand for them. */
  tokenize(text: string): number[];
  /** The most likely next id after each of `tokens`. */
  nextIds(tokens: readonly number[]): Promise<number[]>;
  close(): Promise<void>;
};

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
      const results = await sequence.controlledEvaluate(
        items as unknown as Parameters<typeof sequence.controlledEvaluate>[0],
      );
      return results.map((result) => result?.next.token ?? -1);
    },
    close: () => llama.dispose(),
  };
}
