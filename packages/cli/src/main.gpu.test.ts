import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { repositoryPath, spawnTama } from './testing/spawn-tama.ts';

// The command itself, as a process with its own Dawn, against what other implementations computed. Few cases: every
// process compiles all shaders again, which takes SwiftShader many seconds. packages/core compares all the rest.
vi.setConfig({ testTimeout: 300_000 });

const adapter = process.env.TAMA_TEST_ADAPTER;
const gpu = adapter ? ['--adapter', adapter] : [];
const plain = [...gpu, '--device', 'f32', '--embedding-scale', 'exact'];

const readJson = async <T>(path: string): Promise<T> => JSON.parse(await readFile(repositoryPath(path), 'utf8')) as T;

type Logits = { readonly positions: number[]; readonly logits: number[][] };
type Reply = { readonly ids: number[]; readonly text: string; readonly finishReason: string };

describe('tama logits', () => {
  /** The tolerance of the fixtures for the f32 path; the cheapest mistake costs ten times as much. */
  const tolerance = 2e-3;

  function maxDifference(found: readonly number[][], golden: readonly ArrayLike<number>[]): number {
    expect(found.map((row) => row.length)).toEqual(golden.map((row) => row.length));
    return Math.max(...found.flatMap((row, r) => row.map((logit, c) => Math.abs(logit - golden[r]![c]!))));
  }

  it('equals the golden at all positions of a folder without a tokenizer', async () => {
    type Golden = { readonly tokens: number[]; readonly logits_exact_scale: number[][] };
    const golden = await readJson<Golden>('fixtures/tiny/golden.json');
    const argv = ['logits', repositoryPath('fixtures/tiny/hf'), '--tokens', golden.tokens.join(',')];
    const { exitCode, stdout, stderr } = await spawnTama([...argv, '--positions', 'all', '--json', ...plain]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const { positions, logits } = JSON.parse(stdout) as Logits;
    expect(positions).toEqual([...golden.tokens.keys()]);
    expect(maxDifference(logits, golden.logits_exact_scale)).toBeLessThan(tolerance);
  });

  it('equals the golden at listed positions of a GGUF file', async () => {
    type Golden = { readonly tokens: number[]; readonly positions: number[]; readonly config: { vocab: number } };
    const { tokens, positions, config } = await readJson<Golden>('fixtures/small/golden.json');
    const { buffer, byteOffset, length } = await readFile(repositoryPath('fixtures/small/golden/q8_0.f32'));
    const values = new Float32Array(buffer, byteOffset, length / 4);
    const rows = positions.map((_, i) => values.subarray(i * config.vocab, (i + 1) * config.vocab));
    const argv = ['logits', repositoryPath('fixtures/small/gguf/small-q8_0.gguf'), '--tokens', tokens.join(' ')];
    const { stdout } = await spawnTama([...argv, '--positions', positions.join(','), '--json', ...plain]);
    const found = JSON.parse(stdout) as Logits;
    expect(found.positions).toEqual(positions);
    expect(maxDifference(found.logits, rows)).toBeLessThan(tolerance);
  });
});

describe('the demo model', () => {
  type Golden = { readonly users: string[]; readonly replies: readonly { ids: number[]; text: string }[] };
  let goldens: readonly Golden[];
  beforeAll(async () => {
    goldens = (await readJson<{ replies: Golden[] }>('models/demo/goldens.json')).replies;
  });

  it('holds published conversations, id by id', async () => {
    // A sentence, and then a conversation of three turns that begins anew.
    const held = goldens.filter(({ users }) => users[0] === 'I like green tea.' || users[2] === 'ありがとう');
    expect(held.map(({ users }) => users.length)).toEqual([1, 3]);
    const stdin = held.map(({ users }) => `${users.join('\n')}\n/new\n`).join('');
    const { exitCode, stdout, stderr } = await spawnTama(['chat', 'demo', '--json', ...gpu], { stdin });
    expect(exitCode).toBe(0);
    expect(stderr).toContain("not Google's Gemma 2");
    const replies = stdout.trimEnd().split('\n');
    expect(replies.map((line) => JSON.parse(line) as Reply)).toEqual(
      held.flatMap(({ replies }) => replies.map(({ ids, text }) => ({ ids, text, finishReason: 'stop' }))),
    );
  });

  it('answers a prompt from stdin as text', async () => {
    const { users, replies } = goldens.find(({ users }) => users[0] === '緑茶が好きです。')!;
    const { exitCode, stdout } = await spawnTama(['run', 'demo', '-', ...gpu], { stdin: users[0]! });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${replies[0]!.text}\n` });
  });

  it('stops at Ctrl-C with what it has', async () => {
    const argv = ['run', 'demo', '--raw', 'The', '--ignore-eos', ...gpu];
    let interrupted = false; // a second time would end the process at once, whatever it has
    const { exitCode, stdout, stderr } = await spawnTama(argv, {
      onStdout: (_, child) => {
        if (!interrupted) child.kill('SIGINT');
        interrupted = true;
      },
    });
    expect(exitCode).toBe(130);
    expect(stdout).toMatch(/.\n$/);
    expect(stderr).not.toContain('tama:');
  });
});

describe('what cannot be loaded', () => {
  let server: Server;
  let origin: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const found = request.url === '/page.gguf';
      response.writeHead(found ? 200 : 404, { 'content-type': 'text/html' });
      response.end('<!doctype html><title>A page</title>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it.each([
    ['a missing file', () => ['run', 'no-such.gguf', 'Hi', ...gpu], "'no-such.gguf' was not found"],
    ['a missing adapter', () => ['run', 'demo', 'Hi', '--adapter', 'no-such-gpu'], 'no-such-gpu'],
    ['a URL that answers 404', () => ['run', `${origin}/none.gguf`, 'Hi', ...gpu], 'none.gguf'],
    ['a URL that answers with a page', () => ['run', `${origin}/page.gguf`, 'Hi', ...gpu], 'HTML'],
  ])('%s is explained, with exit code 1', async (_, argv, message) => {
    const { exitCode, stdout, stderr } = await spawnTama(argv());
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('unexpected');
  });
});
