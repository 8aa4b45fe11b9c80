import { describe, expect, it } from 'vitest';
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

  it('takes the turn back when it fails', async () => {
    const engine = new FakeEngine(['Half']);
    engine.failure = new Error('device lost');
    const chat = new ChatSession(engine);
    await expect(say(chat, 'Hello')).rejects.toThrow('device lost');
    expect(chat.messages).toEqual([]);
  });
});
