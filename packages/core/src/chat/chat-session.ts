import type { ChatMessage } from '@tama/tokenizer';
import type { Engine, GenerateEvent, GenerateOptions } from '../engine.ts';
import { fitToContext } from './fit-to-context.ts';

export type ChatOptions = GenerateOptions & {
  /** Instructions; Gemma 2 has no system role, so they open the first user turn. */
  readonly system?: string;
};

/**
 * A conversation: remembers the messages and sends them with each turn. The engine finds what its KV cache already
 * holds, so a turn costs its own tokens only. When the conversation outgrows the context, the oldest turns are no longer
 * sent. Works over any {@link Engine}, local or in a worker.
 */
export class ChatSession {
  readonly #engine: Engine;
  readonly #options: ChatOptions;
  #messages: ChatMessage[] = [];
  #forgotten = 0;

  constructor(engine: Engine, options: ChatOptions = {}) {
    this.#engine = engine;
    this.#options = options;
  }

  /** The conversation so far, without the system text. */
  get messages(): readonly ChatMessage[] {
    return this.#messages;
  }

  /** How many messages from the start of the conversation the last prompt left out, because the context was full. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /**
   * Says something and streams the reply. When the loop is left early or aborted, what was said until then is the
   * reply; when nothing was said, or an error is thrown, the turn is taken back. One at a time.
   */
  async *send(text: string, options: GenerateOptions = {}): AsyncGenerator<GenerateEvent, void, undefined> {
    const { system, ...defaults } = this.#options;
    const before = this.#messages;
    const turn: ChatMessage[] = [...before, { role: 'user', content: text }];
    const promptOf = (kept: readonly ChatMessage[]) => ({
      messages: system ? [{ role: 'system' as const, content: system }, ...kept] : kept,
    });
    let reply = '';
    try {
      const { prompt, forgotten } = await fitToContext(this.#engine, turn, promptOf, this.#forgotten);
      this.#forgotten = forgotten;
      for await (const event of this.#engine.generate(prompt, { ...defaults, ...options })) {
        if (event.type === 'token') reply += event.text;
        if (event.type === 'finish') reply = event.text;
        yield event;
      }
    } catch (error) {
      reply = '';
      throw error;
    } finally {
      // What was cleared while it streamed does not come back.
      if (reply && this.#messages === before) this.#messages = [...turn, { role: 'assistant', content: reply }];
    }
  }

  /** Starts over. */
  clear(): void {
    this.#messages = [];
    this.#forgotten = 0;
  }
}
