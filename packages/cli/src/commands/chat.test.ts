import type { Prompt } from '@tama/core';
import { TamaError } from '@tama/errors';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InterruptedError } from '../errors.ts';
import { FakeEngine, tama } from '../testing/harness.ts';

const tooLong = () => {
  const texts = { what: 'The prompt is too long.', remedy: 'Shorten it.' };
  return new TamaError('prompt-too-long', { en: texts, ja: texts });
};

describe('tama chat, from a script', () => {
  it('answers every line and keeps the conversation', async () => {
    const engine = new FakeEngine();
    const { exitCode, stdout, stderr } = await tama(['chat', 'm'], { engine, stdin: 'green tea\n\nお茶\n' });
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: 'green tea\nお茶\n', stderr: '' });
    expect(engine.asked.map(({ prompt }) => prompt)).toEqual([
      { messages: [{ role: 'user', content: 'green tea' }] },
      {
        messages: [
          { role: 'user', content: 'green tea' },
          { role: 'assistant', content: 'green tea' },
          { role: 'user', content: 'お茶' },
        ],
      },
    ]);
    expect(engine.closed).toBe(true);
  });

  it('prints one line of JSON a reply', async () => {
    const { stdout } = await tama(['chat', 'm', '--json', '--max-tokens', '1'], { stdin: 'green tea\nお茶\n' });
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { ids: [10], text: 'green', finishReason: 'length' },
      { ids: [10], text: 'お茶', finishReason: 'stop' },
    ]);
  });

  it('passes log-probabilities and guessing on to every reply', async () => {
    const engine = new FakeEngine();
    const argv = ['chat', 'm', '--logprobs', '1', '--speculation', 'prompt-lookup', '--json'];
    const { stdout } = await tama(argv, { engine, stdin: 'green\ntea\n' });
    expect(engine.asked.map(({ options }) => options)).toMatchObject(
      Array(2).fill({ logprobs: 1, speculation: 'prompt-lookup' }),
    );
    const [first] = stdout.split('\n');
    expect(JSON.parse(first!)).toMatchObject({
      logprobs: [{ id: 10, text: 'green', logprob: -0.5, top: [{ id: 9, logprob: 0 }] }],
      speculation: { drafted: 8, accepted: 1 },
    });
  });

  it('says when a reply was cut off', async () => {
    const { stdout, stderr } = await tama(['chat', 'm', '--max-tokens', '1'], { stdin: 'green tea\n' });
    expect(stdout).toBe('green\n');
    expect(stderr).toContain('--max-tokens');
  });

  it('starts anew at /new, keeping the instructions, and ends at /exit', async () => {
    const engine = new FakeEngine();
    const stdin = 'one\n/new\ntwo\n/exit\nthree\n';
    await tama(['chat', 'm', '--system', 'Be brief.'], { engine, stdin });
    expect(engine.asked.map(({ prompt }) => prompt)).toEqual(
      ['one', 'two'].map((content) => ({
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content },
        ],
      })),
    );
  });

  it('explains /help and unknown commands on stderr, and takes other slashes as text', async () => {
    const { stdout, stderr } = await tama(['chat', 'm'], { stdin: '/help\n/hepl\n/etc/passwd\n' });
    expect(stdout).toBe('/etc/passwd\n');
    expect(stderr).toContain('/new');
    expect(stderr).toContain('/hepl');
  });

  it('leaves out the oldest turns when the context is full, and says so once', async () => {
    const engine = new FakeEngine({ contextLength: 40 });
    const messagesOf = (prompt?: Prompt) => (prompt as { readonly messages: readonly unknown[] }).messages;
    engine.tokenize = async (prompt) => messagesOf(prompt).flatMap(() => Array(10).fill(1));
    const line = 'one two three\n';
    const { stdout, stderr } = await tama(['chat', 'm'], { engine, stdin: line.repeat(4) });
    expect(stdout).toBe(line.repeat(4));
    // 10 tokens a message, 30 for the prompt: the third would have 50 and goes down to at most 20.
    expect(engine.asked.map(({ prompt }) => messagesOf(prompt).length)).toEqual([1, 3, 1, 3]);
    expect(stderr.match(/first 4 messages are no longer sent/g)).toHaveLength(1);
  });

  it('fails at a message that fails', async () => {
    const engine = new FakeEngine();
    engine.beforeToken = () => {
      throw tooLong();
    };
    const { exitCode, stderr } = await tama(['chat', 'm'], { engine, stdin: 'one\ntwo\n' });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('The prompt is too long.');
    expect(engine.asked).toHaveLength(1);
  });

  it('stops at Ctrl-C', async () => {
    const stop = new AbortController();
    const engine = new FakeEngine();
    engine.beforeToken = () => stop.abort(new InterruptedError());
    expect(await tama(['chat', 'm'], { engine, stop, stdin: 'one\ntwo\n' })).toMatchObject({
      exitCode: 130,
      stderr: '',
    });
    expect(engine.asked).toHaveLength(1);
    expect(engine.closed).toBe(true);
  });

  it('needs a tokenizer', async () => {
    const engine = new FakeEngine({ hasTokenizer: false });
    expect(await tama(['chat', 'm'], { engine, stdin: 'one\n' })).toMatchObject({ exitCode: 1 });
    expect(engine.closed).toBe(true);
  });
});

describe('tama chat, at a terminal', () => {
  // readline edits nothing on a dumb terminal, which is what some build machines have.
  beforeEach(() => void vi.stubEnv('TERM', 'xterm'));
  afterEach(() => void vi.unstubAllEnvs());

  it('edits the line, width of Japanese included, and answers', async () => {
    const engine = new FakeEngine();
    const left = '\x1b[D';
    const { exitCode, stdout } = await tama(['chat', 'm'], {
      engine,
      terminal: true,
      stdin: ['緑茶', left, 'い', '\r', '\x04'],
    });
    expect(exitCode).toBe(0);
    expect(engine.asked[0]!.prompt).toEqual({ messages: [{ role: 'user', content: '緑い茶' }] });
    expect(stdout).toContain('緑い茶\n');
  });

  it('stops a reply at Ctrl-C and goes on, and ends at Ctrl-C without a reply', async () => {
    const engine = new FakeEngine();
    let type: (text: string) => void = () => {};
    engine.beforeToken = async (index) => {
      if (index !== 1) return;
      type('\x03');
      await new Promise(setImmediate);
      setImmediate(() => type('more\r\x03'));
    };
    const { exitCode, stdout } = await tama(['chat', 'm'], {
      engine,
      terminal: true,
      stdin: 'green tea\r',
      typeLater: (write) => {
        type = write;
      },
    });
    expect(exitCode).toBe(130);
    expect(stdout).toContain('green\n');
    expect(stdout).not.toContain('green tea\n> green');
    expect(engine.closed).toBe(true);
  });

  it('takes lines that are pasted as one message', async () => {
    const engine = new FakeEngine();
    const { stdout } = await tama(['chat', 'm'], {
      engine,
      terminal: true,
      stdin: ['訳して:\x1b[200~ 一行目\r二行目\r\r三行', '目\x1b[201~', '。\r', 'typed\r'],
    });
    expect(engine.asked.map(({ prompt }) => prompt)).toMatchObject([
      { messages: [{ role: 'user', content: '訳して: 一行目\n二行目\n\n三行目。' }] },
      { messages: [{}, {}, { role: 'user', content: 'typed' }] },
    ]);
    expect(stdout.startsWith('\x1b[?2004h')).toBe(true);
    expect(stdout).toContain('\x1b[?2004l');
  });

  it('takes back at Ctrl-C what was typed or pasted, and ends at the next', async () => {
    const engine = new FakeEngine();
    const { exitCode } = await tama(['chat', 'm'], {
      engine,
      terminal: true,
      stdin: ['\x1b[200~one\rtwo\x1b[201~', '\x03', 'three\r', 'four', '\x03', '\x03'],
    });
    expect(exitCode).toBe(130);
    expect(engine.asked.map(({ prompt }) => prompt)).toEqual([{ messages: [{ role: 'user', content: 'three' }] }]);
  });

  it('takes back a message that fails, and goes on', async () => {
    const engine = new FakeEngine();
    let fail = true;
    engine.beforeToken = () => {
      if (fail) {
        fail = false;
        throw tooLong();
      }
    };
    const { exitCode, stderr } = await tama(['chat', 'm'], { engine, terminal: true, stdin: 'one\rtwo\r' });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('The prompt is too long.');
    expect(engine.asked[1]!.prompt).toEqual({ messages: [{ role: 'user', content: 'two' }] });
  });

  it('keeps control characters of a reply from the terminal', async () => {
    const { stdout } = await tama(['run', 'm', 'a\x1b[2Jb'], { terminal: true });
    expect(stdout).toBe('a[2Jb\n');
  });
});
