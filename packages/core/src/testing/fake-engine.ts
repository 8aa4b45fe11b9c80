import type { Engine, GenerateEvent, GenerateOptions, ModelInfo, Prompt } from '../engine.ts';

/** An engine that says the given words, for tests of what stands between a caller and an engine. */
export class FakeEngine implements Engine {
  readonly info = { name: 'fake', contextLength: 64 } as ModelInfo;
  readonly prompts: Prompt[] = [];
  readonly words: readonly string[];
  /** Thrown after the words, if set. */
  failure: Error | undefined;
  /** How far the last generation came, and whether it was ended early. */
  produced = 0;
  ended: 'finished' | 'returned' | undefined;
  closed = false;

  constructor(words: readonly string[]) {
    this.words = words;
  }

  async *generate(prompt: Prompt, { signal }: GenerateOptions = {}): AsyncGenerator<GenerateEvent, void, undefined> {
    this.prompts.push(prompt);
    this.produced = 0;
    this.ended = 'returned';
    const said: string[] = [];
    for (const word of this.words) {
      if (signal?.aborted) break;
      said.push(word);
      this.produced++;
      yield { type: 'token', id: said.length, text: word };
    }
    if (this.failure) throw this.failure;
    const usage = { promptTokens: 1, cachedTokens: 0, completionTokens: said.length, prefillMs: 1, decodeMs: 1 };
    const reason = signal?.aborted ? 'abort' : 'stop';
    this.ended = 'finished';
    yield { type: 'finish', reason, ids: said.map((_, i) => i + 1), text: said.join(''), usage };
  }

  async logits(tokens: readonly number[]): Promise<Float32Array[]> {
    return tokens.map((id) => Float32Array.of(id));
  }

  async tokenize(_prompt?: Prompt): Promise<number[]> {
    return [2];
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
