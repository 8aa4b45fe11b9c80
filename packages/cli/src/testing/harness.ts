import { PassThrough } from 'node:stream';
import type { Engine, GenerateEvent, GenerateOptions, ModelInfo, Prompt, TokenLogprobs } from '@tama/core';
import type { Dependencies, EngineOptions } from '../dependencies.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Inspection } from '../inspection.ts';
import { run } from '../run.ts';

export const config: ModelInfo['config'] = {
  layers: 2,
  hiddenSize: 8,
  heads: 2,
  kvHeads: 1,
  headDim: 4,
  intermediateSize: 16,
  vocabularySize: 6,
  contextLength: 32,
  slidingWindow: 4,
  attentionSoftcap: 50,
  finalSoftcap: 30,
  queryScale: 0.5,
  ropeTheta: 10_000,
  rmsEpsilon: 1e-6,
};

const info: ModelInfo = {
  name: 'fake',
  format: 'gguf',
  config,
  contextLength: 32,
  parameters: 1000,
  weightBytes: 4000,
  cacheBytes: 100,
  hasTokenizer: true,
  adapter: { vendor: 'fake', architecture: '', description: 'no GPU', f16: true, subgroups: false },
  warnings: [],
};

/** An engine that answers with the words of its prompt, one token a word, and records what it was asked. */
export class FakeEngine implements Engine {
  readonly info: ModelInfo;
  readonly asked: { prompt: Prompt; options: GenerateOptions }[] = [];
  closed = false;
  /** Called before each token, to interrupt or fail in the middle of a reply. */
  beforeToken: (index: number) => void | Promise<void> = () => {};

  constructor(changed: Partial<ModelInfo> = {}) {
    this.info = { ...info, ...changed };
  }

  async *generate(prompt: Prompt, options: GenerateOptions = {}): AsyncGenerator<GenerateEvent> {
    this.asked.push({ prompt, options });
    const all = textOf(prompt).split(' ');
    const words = all.slice(0, options.maxTokens);
    yield { type: 'prefill', processed: 3, total: 3, cached: 0 };
    const ids: number[] = [];
    const texts: string[] = [];
    for (const [index, word] of words.entries()) {
      await this.beforeToken(index);
      if (options.signal?.aborted) break;
      ids.push(10 + index);
      texts.push(index === 0 ? word : ` ${word}`);
      const logprobs = options.logprobs === undefined ? {} : { logprobs: likelihood(10 + index, options.logprobs) };
      yield { type: 'token', id: 10 + index, text: texts.at(-1)!, ...logprobs };
    }
    const reason = options.signal?.aborted ? 'abort' : words.length < all.length ? 'length' : 'stop';
    const usage = { promptTokens: 3, cachedTokens: 0, completionTokens: ids.length, prefillMs: 1, decodeMs: 2 };
    const guesses = options.speculation ? { speculation: { drafted: 8, accepted: ids.length } } : {};
    yield { type: 'finish', reason, ids, text: texts.join(''), usage: { ...usage, ...guesses } };
  }

  /** Logit of token v at position p: 10 p + v / 8. */
  async logits(tokens: readonly number[], positions: 'all' | 'last' | readonly number[]): Promise<Float32Array[]> {
    const wanted = positions === 'all' ? [...tokens.keys()] : positions === 'last' ? [tokens.length - 1] : positions;
    return wanted.map((p) => Float32Array.from({ length: config.vocabularySize }, (_, v) => 10 * p + v / 8));
  }

  async tokenize(_prompt?: Prompt): Promise<number[]> {
    return [2];
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** The chosen token with -0.5, and from the id before it on the most likely ones with 0, -0.5, -1... */
const likelihood = (id: number, top: number): TokenLogprobs => ({
  chosen: { id, logprob: -0.5 },
  top: Array.from({ length: top }, (_, i) => ({ id: id - 1 + i, logprob: -i / 2 })),
});

function textOf(prompt: Prompt): string {
  if (typeof prompt === 'string') return prompt;
  return 'tokens' in prompt ? prompt.tokens.join(' ') : prompt.messages.at(-1)!.content;
}

export const inspection: Inspection = {
  name: 'fake',
  format: 'gguf',
  config,
  parameters: 1000,
  bytes: 4250,
  tensors: { count: 24, byEncoding: { f32: { tensors: 24, parameters: 1000, bytes: 4250 } } },
  tokenizer: { pieces: 6, special: { bos: 2, eos: 1, unk: 3 } },
  contextLength: 32,
  cacheBytesPerToken: { f16: 32, f32: 64 },
  memory: {
    context: 32,
    prefillChunk: 32,
    weightBytes: 4000,
    cacheBytes: 1024,
    workBytes: 500,
    totalBytes: 5524,
    largestBuffer: { label: 'embedding', bytes: 2000 },
    decodeDispatches: 213,
    weightParts: 5,
  },
  metadata: {},
  warnings: [{ en: 'the scale was corrected', ja: '倍率を修正しました' }],
};

export type Outcome = { readonly exitCode: ExitCode; readonly stdout: string; readonly stderr: string };

type Surroundings = {
  readonly stdin?: string | Uint8Array | readonly (string | Uint8Array)[];
  readonly env?: Record<string, string>;
  /** Answers for every MODEL, or for each by its name. */
  readonly engine?: Engine | ((model: string) => Engine);
  readonly dependencies?: Partial<Dependencies>;
  readonly terminal?: boolean;
  /** Leaves stdin open after `stdin` was written, and hands over what types more. */
  readonly typeLater?: (type: (text: string) => void) => void;
  readonly stop?: AbortController;
  /** Receives what `loadEngine` was called with. */
  readonly onLoad?: (model: string, options: EngineOptions) => void;
};

/** Runs one command line against fakes, to its end. */
export async function tama(argv: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  const {
    stdin = '',
    env = {},
    engine = new FakeEngine(),
    terminal = false,
    stop = new AbortController(),
  } = surroundings;
  const output = () => Object.assign(new PassThrough(), { isTTY: terminal });
  const [input, stdout, stderr] = [output(), output(), output()];
  for (const chunk of Array.isArray(stdin) ? stdin : [stdin]) input.write(chunk);
  if (surroundings.typeLater) surroundings.typeLater((text) => void input.write(text));
  else input.end();
  const texts = [stdout, stderr].map(async (stream) => Buffer.concat(await stream.toArray()).toString());
  const dependencies: Dependencies = {
    version: '1.2.3',
    async loadEngine(model, options) {
      surroundings.onLoad?.(model, options);
      options.onProgress?.({ phase: 'weights', loadedBytes: 1, totalBytes: 2 });
      return typeof engine === 'function' ? engine(model) : engine;
    },
    inspect: async () => inspection,
    modelTokenizer: () => Promise.reject(new Error('no tokenizer was given to this test')),
    fileTokenizer: () => Promise.reject(new Error('no tokenizer was given to this test')),
    modelStore() {
      throw new Error('no store was given to this test');
    },
    ...surroundings.dependencies,
  };
  const exitCode = await run(argv, { stdin: input, stdout, stderr, env, signal: stop.signal }, dependencies);
  stdout.end();
  stderr.end();
  const [out, err] = await Promise.all(texts);
  return { exitCode, stdout: out!, stderr: err! };
}
