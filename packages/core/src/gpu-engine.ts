import { encodeChat, type Tokenizer } from '@tama/tokenizer';
import type { Engine, FinishReason, GenerateEvent, GenerateOptions, ModelInfo, Prompt, Usage } from './engine.ts';
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
import { integerFrom } from './expectation.ts';
import type { GpuModel } from './gemma2/gpu-model.ts';
import { DecodeQueue } from './generation/decode-queue.ts';
import { modelDrafter, promptLookup } from './generation/drafters.ts';
import { PrefixCache } from './generation/prefix-cache.ts';
import { type ChosenToken, hasPenalties, mostAtOnce, notAToken, type SamplerKind } from './generation/sampler.ts';
import { type Drafter, SpeculativeDecoder } from './generation/speculation.ts';
import type { TokenStream } from './generation/token-stream.ts';

/** The engine in the thread that owns the device. */
export class GpuEngine implements Engine {
  readonly info: ModelInfo;
  readonly #model: GpuModel;
  readonly #tokenizer: Tokenizer | undefined;
  readonly #prefix: PrefixCache;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;
  #turn: Promise<void> = Promise.resolve();
  /** Resolves when nothing of the last generation runs any more. */
  #ended: Promise<void> = Promise.resolve();

  constructor(model: GpuModel, tokenizer: Tokenizer | undefined, info: ModelInfo) {
    this.info = info;
    this.#model = model;
    this.#tokenizer = tokenizer;
    this.#prefix = new PrefixCache(model.config.slidingWindow, model.localCapacity);
  }

  /** False once it was closed, or its device is lost. */
  get usable(): boolean {
    return !this.#closing.signal.aborted && !this.#model.lost;
  }

  /** The GPU side, for tests and benchmarks. */
  get model(): GpuModel {
    return this.#model;
  }

  /** Compiles the kernels that draw tokens, which else the first request for that does. @throws {ShaderCompileError} */
  compileSampler(): Promise<void> {
    return this.#model.compileSampler();
  }

  async tokenize(prompt: Prompt): Promise<number[]> {
    checkPrompt(prompt);
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
    const stop = AbortSignal.any([this.#closing.signal, ...(options.signal ? [options.signal] : [])]);
    const done = await this.#takeTurn(stop);
    if (!done) {
      const usage = { promptTokens: tokens.length, cachedTokens: 0, completionTokens: 0, prefillMs: 0, decodeMs: 0 };
      yield { type: 'finish', reason: 'abort', ids: [], text: '', usage };
      return;
    }
    try {
      yield* this.#run(tokens, maxTokens, options, stop);
    } finally {
      // Steps that ran ahead of a stop may still run; the caller need not wait for them, only who comes next.
      this.#ended.then(done);
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
    const done = (await this.#takeTurn(this.#closing.signal))!;
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

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
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
    stop: AbortSignal,
  ): AsyncGenerator<GenerateEvent, void, undefined> {
    const { ignoreEos } = options;
    const stopped = () => stop.aborted;
    const stepsAhead = checkStepsAhead(options.stepsAhead);
    const drafter = this.#drafter(options, stop);
    const sampler = await this.#model.configureSampler(options, tokens);
    const began = performance.now();

    // Prefill what the KV cache does not hold yet; the last chunk also chooses the first new token.
    const cached = this.#prefix.reusable(tokens);
    this.#prefix.truncate(cached);
    yield { type: 'prefill', processed: cached, total: tokens.length, cached };
    const ids: number[] = [];
    const decoder = this.#tokenizer?.stream({ skipSpecial: true });
    // An embedding may have more rows than the vocabulary has pieces, such as fill up a block.
    const known = this.#tokenizer?.vocabulary.pieces.length ?? 0;
    let text = '';
    let reason: FinishReason = 'length';
    let prefillMs: number | undefined;
    let start = cached;
    const { prefillChunk } = this.#model;
    let running: Promise<undefined> | undefined;
    while (start + prefillChunk < tokens.length && !stopped()) {
      const part = tokens.slice(start, start + prefillChunk);
      const submitted = this.#model.prefill(part, start);
      this.#prefix.append(part);
      submitted.catch(() => this.#prefix.clear()); // Also that of a chunk that nobody waits for any more.
      start += part.length;
      await running; // One chunk is always queued behind the one that runs.
      running = submitted;
      yield { type: 'prefill', processed: start, total: tokens.length, cached };
    }

    let guesses: Usage['speculation'];
    if (stopped()) {
      reason = 'abort';
    } else if (maxTokens > 0) {
      const last = tokens.slice(start);
      const prefill = () => this.#model.prefill(last, start, sampler);
      const stream = drafter
        ? this.#speculation(sampler, prefill, drafter, tokens, maxTokens)
        : this.#queue(sampler, prefill, maxTokens, stop, stepsAhead);
      this.#prefix.append(last);
      let failed = false;
      try {
        for (let token = await stream.next(); token; token = await stream.next()) {
          const { id, logprobs } = token;
          if (ids.length === 0) {
            prefillMs = performance.now() - began;
            yield { type: 'prefill', processed: tokens.length, total: tokens.length, cached };
          }
          if (id === notAToken) throw new NotANumberError(this.info.name, tokens.length + ids.length - 1);
          if (stopped()) break;
          if (!ignoreEos && this.#tokenizer?.stopIds.includes(id)) {
            reason = 'stop';
            break;
          }
          ids.push(id);
          const piece = (id < known && decoder?.push(id)) || '';
          text += piece;
          yield { type: 'token', id, text: piece, ...(logprobs ? { logprobs } : {}) };
          if (stopped()) break;
        }
        if (stopped()) reason = 'abort';
      } catch (error) {
        failed = true;
        if (!this.#closing.signal.aborted) throw error;
        reason = 'abort'; // Its buffers were taken away while it ran.
      } finally {
        const fed = ids.slice(0, stream.fed);
        this.#prefix.append(fed, stream.touched - fed.length);
        if (failed) this.#prefix.clear(); // Who knows what was written.
        this.#ended = stream.drain().catch(() => this.#prefix.clear());
        if (stream instanceof SpeculativeDecoder) guesses = stream.guesses;
      }
    }
    text += decoder?.flush() ?? '';
    const elapsed = performance.now() - began;
    prefillMs ??= elapsed; // It ended before the first token.
    const usage = {
      promptTokens: tokens.length,
      cachedTokens: cached,
      completionTokens: ids.length,
      prefillMs,
      decodeMs: elapsed - prefillMs,
      ...(guesses ? { speculation: guesses } : {}),
    };
    yield { type: 'finish', reason, ids, text, usage };
  }

  /** Who guesses tokens, if anybody does. @throws {OptionError} */
  #drafter(options: GenerateOptions, stop: AbortSignal): Drafter | undefined {
    const { speculation } = options;
    if (!speculation) return undefined;
    let drafter = promptLookup;
    if (speculation !== 'prompt-lookup') {
      const { draft } = speculation;
      if (!draft)
        throw new OptionError('speculation', String(speculation), {
          en: "'prompt-lookup' or a draft model",
          ja: '「prompt-lookup」または下書き用のモデル',
        });
      // It would wait for the turn that this generation has.
      if (draft === this)
        throw new OptionError('speculation.draft', this.info.name, {
          en: 'another engine than this one',
          ja: 'このエンジンとは別のもの',
        });
      drafter = modelDrafter(draft, this.info, stop);
    }
    return this.#model.canVerify && !hasPenalties(options) ? drafter : undefined;
  }

  #speculation(
    sampler: SamplerKind,
    prefill: () => Promise<ChosenToken>,
    drafter: Drafter,
    prompt: readonly number[],
    maxTokens: number,
  ): TokenStream {
    const verify = (tokens: readonly number[], start: number, slot: number) =>
      this.#model.verify(sampler, tokens, start, slot);
    const decode = (slot: number) => this.#model.decode(sampler, slot, 1);
    return new SpeculativeDecoder({ prefill, verify, decode }, drafter, prompt, maxTokens);
  }

  #queue(
    sampler: SamplerKind,
    prefill: () => Promise<ChosenToken>,
    maxTokens: number,
    stop: AbortSignal,
    stepsAhead: number | undefined,
  ): TokenStream {
    const submit = async (slot: number, count: number) =>
      slot === 0 ? [await prefill()] : this.#model.decode(sampler, slot, count);
    return new DecodeQueue(submit, maxTokens, stop, stepsAhead);
  }

  /**
   * Waits for the running generation to end; the returned function ends this one's turn. Undefined where `stop` was
   * aborted first. @throws {ModelClosedError}
   */
  async #takeTurn(stop: AbortSignal): Promise<(() => void) | undefined> {
    const before = this.#turn;
    let done = (): void => {};
    this.#turn = new Promise((resolve) => {
      done = resolve;
    });
    await new Promise<void>((resolve) => {
      const go = () => {
        stop.removeEventListener('abort', go);
        resolve();
      };
      stop.addEventListener('abort', go);
      before.then(go);
      if (stop.aborted) go();
    });
    if (!stop.aborted) return done;
    before.then(done); // Who comes after still waits for who runs.
    if (this.#closing.signal.aborted) throw new ModelClosedError(this.info.name);
    return undefined;
  }

  #checkTokens(tokens: readonly number[]): void {
    const { vocabularySize } = this.info.config;
    if (tokens.length === 0) throw new EmptyPromptError();
    tokens.forEach((id, position) => {
      if (!Number.isInteger(id) || id < 0 || id >= vocabularySize) throw new TokenIdError(id, position, vocabularySize);
    });
  }
}

/** @throws {OptionError} for what callers without types may give */
function checkPrompt(prompt: Prompt): void {
  if (typeof prompt === 'string') return;
  const { tokens, messages } = Object(prompt) as { tokens?: unknown; messages?: unknown };
  if (Array.isArray(messages) || Array.isArray(tokens) || ArrayBuffer.isView(tokens)) return;
  throw new OptionError('prompt', prompt, {
    en: 'a text, { messages: [{ role, content }, …] } or { tokens: [id, …] }',
    ja: '文字列、「{ messages: [{ role, content }, …] }」、「{ tokens: [id, …] }」のいずれか',
  });
}

function checkStepsAhead(stepsAhead: number | undefined): number | undefined {
  if (stepsAhead === undefined) return undefined;
  if (!Number.isInteger(stepsAhead) || stepsAhead < 1 || stepsAhead > mostAtOnce) {
    throw new OptionError('stepsAhead', stepsAhead, integerFrom(1, mostAtOnce));
  }
  return stepsAhead;
}

function checkMaxTokens(maxTokens: number | undefined): number | undefined {
  if (maxTokens === undefined) return undefined;
  if (!Number.isInteger(maxTokens) || maxTokens < 0)
    throw new OptionError('maxTokens', maxTokens, { en: 'an integer from 0', ja: '0以上の整数' });
  return maxTokens;
}
