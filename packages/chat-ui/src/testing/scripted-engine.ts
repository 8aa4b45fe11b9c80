import type { Engine, GenerateEvent, GenerateOptions, LoadOptions, ModelInfo, Prompt } from '@tama/core';
import type { EngineHost, ModelFiles } from '../engine-host.ts';

/** Something a test lets happen when it wants: `await gate.opened` waits until `gate.open()`. */
export function createGate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

export type ScriptedCall = { readonly prompt: Prompt; readonly options: GenerateOptions };

export type Script = {
  /** Pieces of the reply to a call; each is one token, its id is its index. */
  readonly reply?: (call: ScriptedCall, index: number) => readonly string[];
  /** Awaited before each token, so that a test holds a reply in the middle. */
  readonly beforeToken?: (index: number, call: number) => Promise<void> | void;
  readonly failGenerate?: (call: number) => unknown;
  readonly checkAdapter?: () => Promise<void>;
  readonly load?: (source: string | ModelFiles) => Promise<void>;
  readonly contextLength?: number;
  readonly name?: string;
  readonly weightBytes?: number;
};

/** An engine that says what the test wrote down: every character of a prompt counts as one token. */
export function scriptedHost(script: Script = {}) {
  const calls: ScriptedCall[] = [];
  const sources: (string | ModelFiles)[] = [];
  const loadOptions: Omit<LoadOptions, 'gpu'>[] = [];
  let disposed = 0;

  const info: ModelInfo = {
    name: script.name ?? 'Scripted model',
    format: 'GGUF v3, Q8_0',
    config: { layers: 6, hiddenSize: 256 } as unknown as ModelInfo['config'],
    contextLength: script.contextLength ?? 512,
    parameters: 6_822_144,
    weightBytes: script.weightBytes ?? 7_400_000,
    cacheBytes: 1_572_864,
    hasTokenizer: true,
    adapter: { vendor: 'test', architecture: 'paper', description: 'pencil', f16: true, subgroups: false },
    warnings: [],
  };

  const length = (prompt: Prompt) => {
    if (typeof prompt === 'string') return prompt.length;
    if ('tokens' in prompt) return prompt.tokens.length;
    return prompt.messages.reduce((sum, message) => sum + message.content.length, 0);
  };

  const engine: Engine = {
    info,
    async *generate(prompt, options = {}): AsyncGenerator<GenerateEvent> {
      const index = calls.length;
      const call = { prompt, options };
      calls.push(call);
      const error = script.failGenerate?.(index);
      if (error) throw error;
      const promptTokens = length(prompt);
      yield { type: 'prefill', processed: promptTokens, total: promptTokens, cached: 0 };
      const ids: number[] = [];
      let text = '';
      for (const [id, piece] of (script.reply?.(call, index) ?? ['Hello', '!']).entries()) {
        await script.beforeToken?.(id, index);
        if (options.signal?.aborted) break;
        ids.push(id);
        text += piece;
        yield { type: 'token', id, text: piece };
      }
      yield {
        type: 'finish',
        reason: options.signal?.aborted ? 'abort' : 'stop',
        ids,
        text,
        usage: { promptTokens, cachedTokens: 0, completionTokens: ids.length, prefillMs: 20, decodeMs: 100 },
      };
    },
    logits: () => Promise.reject(new Error('not scripted')),
    tokenize: async (prompt) => Array.from({ length: length(prompt) }, (_, id) => id),
    close: async () => {},
  };

  const connect = (): EngineHost => ({
    async checkAdapter() {
      await script.checkAdapter?.();
      return info.adapter;
    },
    async load(source, options) {
      sources.push(source);
      loadOptions.push(options ?? {});
      options?.onProgress?.({ phase: 'weights', loadedBytes: 3_700_000, totalBytes: 7_400_000 });
      await script.load?.(source);
      return engine;
    },
    dispose() {
      disposed += 1;
    },
  });
  return { connect, calls, sources, loadOptions, disposals: () => disposed };
}
