import { encodeChat, type Tokenizer } from '@tama/tokenizer';
import type { Engine, FinishReason, GenerateEvent, GenerateOptions, ModelInfo, Prompt } from './engine.ts';
import {
  EmptyPromptError,
  ModelClosedError,
  NotANumberError,
  OptionError,
  PositionError,
  PromptTooLongError,
  TokenIdError,
  TokenizerMissingError,
} from './errors.ts';
import type { GpuModel } from './gemma2/gpu-model.ts';
import { cacheCapacity } from './gemma2/kv-cache.ts';
import { DecodeQueue } from './generation/decode-queue.ts';
import { PrefixCache } from './generation/prefix-cache.ts';
import { notAToken } from './generation/sampler.ts';

/** The engine in the thread that owns the device. */
export class GpuEngine implements Engine {
  readonly info: ModelInfo;
  readonly #model: GpuModel;
  readonly #tokenizer: Tokenizer | undefined;
  readonly #prefix: PrefixCache;
  readonly #closing = new AbortController();
  #turn: Promise<void> = Promise.resolve();

  constructor(model: GpuModel, tokenizer: Tokenizer | undefined, info: ModelInfo) {
    this.info = info;
    this.#model = model;
    this.#tokenizer = tokenizer;
    const { config, context, prefillChunk } = model;
    const local = cacheCapacity(0, config, { context, prefillChunk, bytesPerValue: 4 });
    this.#prefix = new PrefixCache(config.slidingWindow, local);
  }

  /** False once it was closed, or its device is lost. */
  get usable(): boolean {
    return !this.#closing.signal.aborted && !this.#model.lost;
  }

  /** The GPU side, for tests and benchmarks. */
  get model(): GpuModel {
    return this.#model;
  }

  async tokenize(prompt: Prompt): Promise<number[]> {
    if (typeof prompt === 'object' && 'tokens' in prompt) return [...prompt.tokens];
    if (!this.#tokenizer) throw new TokenizerMissingError(this.info.name);
    if (typeof prompt === 'string') return this.#tokenizer.encode(prompt, { bos: true });
    return encodeChat(this.#tokenizer, prompt.messages);
  }

  async *generate(prompt: Prompt, options: GenerateOptions = {}): AsyncGenerator<GenerateEvent, void, undefined> {
    const tokens = await this.tokenize(prompt);
    this.#checkTokens(tokens);
    const free = this.info.contextLength - tokens.length;
    if (free < 1) throw new PromptTooLongError(tokens.length, this.info.contextLength);
    const maxTokens = Math.min(free, checkMaxTokens(options.maxTokens) ?? free);
    const done = await this.#takeTurn();
    try {
      yield* this.#run(tokens, maxTokens, options);
    } finally {
      done();
    }
  }

  async logits(tokens: readonly number[], positions: 'all' | 'last' | readonly number[]): Promise<Float32Array[]> {
    this.#checkTokens(tokens);
    if (tokens.length > this.info.contextLength) throw new PromptTooLongError(tokens.length, this.info.contextLength);
    const wanted =
      positions === 'all' ? tokens.map((_, i) => i) : positions === 'last' ? [tokens.length - 1] : positions;
    for (const position of wanted) {
      if (!Number.isInteger(position) || position < 0 || position >= tokens.length) {
        throw new PositionError(position, tokens.length);
      }
    }
    const done = await this.#takeTurn();
    try {
      this.#prefix.clear();
      const found = new Map<number, Float32Array>();
      const chunk = this.#model.logitsChunk;
      for (let start = 0; start < tokens.length; start += chunk) {
        const part = tokens.slice(start, start + chunk);
        const rows = part.map((_, row) => row).filter((row) => wanted.includes(start + row));
        if (this.#closing.signal.aborted) throw new ModelClosedError(this.info.name);
        const values = await this.#model.logits(part, start, rows);
        rows.forEach((row, i) => {
          found.set(start + row, values[i]!);
        });
      }
      return wanted.map((position) => found.get(position)!);
    } finally {
      done();
    }
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    // A generation that computes ends within its step. One that waits for its caller to go on is not waited for: the
    // caller may be the one who closes.
    await this.#model.idle();
    this.#model.dispose();
  }

  async *#run(
    tokens: readonly number[],
    maxTokens: number,
    options: GenerateOptions,
  ): AsyncGenerator<GenerateEvent, void, undefined> {
    const { signal, ignoreEos } = options;
    const stopped = () => signal?.aborted || this.#closing.signal.aborted;
    const sampler = await this.#model.configureSampler(options, tokens);
    const began = performance.now();

    // Prefill what the KV cache does not hold yet; the last chunk also chooses the first new token.
    const cached = this.#prefix.reusable(tokens);
    this.#prefix.truncate(cached);
    yield { type: 'prefill', processed: cached, total: tokens.length, cached };
    const ids: number[] = [];
    const decoder = this.#tokenizer?.stream({ skipSpecial: true });
    let text = '';
    let reason: FinishReason = 'length';
    let prefillMs = 0;
    let start = cached;
    const { prefillChunk } = this.#model;
    let running: Promise<undefined> | undefined;
    while (start + prefillChunk < tokens.length && !stopped()) {
      const part = tokens.slice(start, start + prefillChunk);
      const submitted = this.#model.prefill(part, start);
      this.#prefix.append(part);
      start += part.length;
      await running; // One chunk is always queued behind the one that runs.
      running = submitted;
      yield { type: 'prefill', processed: start, total: tokens.length, cached };
    }

    if (stopped()) {
      reason = 'abort';
    } else if (maxTokens > 0) {
      const last = tokens.slice(start);
      const queue = new DecodeQueue(
        (slot) => (slot === 0 ? this.#model.prefill(last, start, sampler) : this.#model.decode(sampler, slot)),
        maxTokens,
      );
      this.#prefix.append(last);
      let failed = false;
      try {
        for (let id = await queue.next(); id !== undefined; id = await queue.next()) {
          if (ids.length === 0) {
            prefillMs = performance.now() - began;
            yield { type: 'prefill', processed: tokens.length, total: tokens.length, cached };
          }
          if (id === notAToken) throw new NotANumberError(this.info.name, tokens.length + ids.length - 1);
          if (stopped()) {
            reason = 'abort';
            break;
          }
          if (!ignoreEos && this.#tokenizer?.stopIds.includes(id)) {
            reason = 'stop';
            break;
          }
          ids.push(id);
          const piece = decoder?.push(id) ?? '';
          text += piece;
          yield { type: 'token', id, text: piece };
          if (stopped()) {
            reason = 'abort';
            break;
          }
        }
      } catch (error) {
        failed = true;
        if (!this.#closing.signal.aborted) throw error;
        reason = 'abort'; // Its buffers were taken away while it ran.
      } finally {
        await queue.drain();
        // Every decode step takes in the token before it; those past a stop have left keys that count as overwritten.
        const steps = queue.submitted - 1;
        const known = ids.slice(0, steps);
        if (failed) this.#prefix.clear();
        else this.#prefix.append(known, Math.max(0, steps - known.length));
      }
    }
    text += decoder?.flush() ?? '';
    const usage = {
      promptTokens: tokens.length,
      cachedTokens: cached,
      completionTokens: ids.length,
      prefillMs,
      decodeMs: performance.now() - began - prefillMs,
    };
    yield { type: 'finish', reason, ids, text, usage };
  }

  /** Waits for the running generation to end; the returned function ends this one's turn. */
  async #takeTurn(): Promise<() => void> {
    const before = this.#turn;
    let done = (): void => {};
    this.#turn = new Promise((resolve) => {
      done = resolve;
    });
    const { signal } = this.#closing;
    await new Promise<void>((resolve) => {
      const go = () => {
        signal.removeEventListener('abort', go);
        resolve();
      };
      signal.addEventListener('abort', go);
      before.then(go);
      if (signal.aborted) go();
    });
    if (signal.aborted) {
      done();
      throw new ModelClosedError(this.info.name);
    }
    return done;
  }

  #checkTokens(tokens: readonly number[]): void {
    const { vocabularySize } = this.info.config;
    if (tokens.length === 0) throw new EmptyPromptError();
    tokens.forEach((id, position) => {
      if (!Number.isInteger(id) || id < 0 || id >= vocabularySize) throw new TokenIdError(id, position, vocabularySize);
    });
  }
}

function checkMaxTokens(maxTokens: number | undefined): number | undefined {
  if (maxTokens === undefined) return undefined;
  if (!Number.isInteger(maxTokens) || maxTokens < 0)
    throw new OptionError('maxTokens', maxTokens, 'a whole number from 0');
  return maxTokens;
}
