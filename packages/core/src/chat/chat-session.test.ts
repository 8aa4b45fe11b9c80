import type { ChatMessage } from '@tama/tokenizer';
import { describe, expect, it } from 'vitest';
import type { Prompt } from '../engine.ts';
import { FakeEngine } from '../testing/fake-engine.ts';
import { ChatSession } from './chat-session.ts';

async function say(chat: ChatSession, text: string): Promise<void> {
  for await (const _ of chat.send(text));
}

describe('ChatSession', () => {
  it('sends the whole conversation, the system text first', async () => {
    const engine = new FakeEngine(['Yes', '.']);
    const chat = new ChatSession(engine, { system: 'Be brief.' });
    await say(chat, 'Is it?');
    await say(chat, 'Really?');
    expect(engine.prompts[1]).toEqual({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Is it?' },
        { role: 'assistant', content: 'Yes.' },
        { role: 'user', content: 'Really?' },
      ],
    });
    chat.clear();
    expect(chat.messages).toEqual([]);
  });

  it('keeps what was said when the loop is left early', async () => {
    const engine = new FakeEngine(['One', ' two', ' three']);
    const chat = new ChatSession(engine);
    for await (const event of chat.send('Count.')) if (event.type === 'token' && event.text === ' two') break;
    expect(engine.ended).toBe('returned');
    expect(chat.messages.at(-1)).toEqual({ role: 'assistant', content: 'One two' });
  });

  it('leaves out the oldest turns, half the context at once, and says how many messages', async () => {
    const engine = new FakeEngine(['0123456789']);
    // A token a character; the context of 64 leaves 48 for the prompt.
    const contentsOf = (prompt?: Prompt) =>
      (prompt as { readonly messages: readonly ChatMessage[] }).messages.map(({ content }) => content);
    engine.tokenize = async (prompt) => [...contentsOf(prompt).join('')].map(() => 1);
    const chat = new ChatSession(engine, { system: 'Brief' });
    const forgotten: number[] = [];
    for (let turn = 0; turn < 6; turn++) {
      await say(chat, `${turn}`.repeat(10));
      forgotten.push(chat.forgotten);
    }
    // 5 and 20 a turn before it, 10 of the message: the third prompt would be 55, and shrinks to 15; so does every third.
    expect(forgotten).toEqual([0, 0, 4, 4, 8, 8]);
    expect(chat.messages).toHaveLength(12);
    const sent = engine.prompts.map(contentsOf);
    expect(sent.map((contents) => contents.length)).toEqual([2, 4, 2, 4, 2, 4]);
    expect(sent.every(([first]) => first === 'Brief')).toBe(true);
    chat.clear();
    expect(chat.forgotten).toBe(0);
  });

  it('starts over though a reply is still coming', async () => {
    const chat = new ChatSession(new FakeEngine(['One', ' two']));
    for await (const event of chat.send('Count.')) if (event.type === 'token') chat.clear();
    expect(chat.messages).toEqual([]);
    await say(chat, 'Again.');
    expect(chat.messages).toHaveLength(2);
  });

  it('takes the turn back when it fails', async () => {
    const engine = new FakeEngine(['Half']);
    engine.failure = new Error('device lost');
    const chat = new ChatSession(engine);
    await expect(say(chat, 'Hello')).rejects.toThrow('device lost');
    expect(chat.messages).toEqual([]);
  });
});
