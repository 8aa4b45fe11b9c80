import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeModelStore } from '@tama/core/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InterruptedError } from '../errors.ts';
import { tama } from '../testing/harness.ts';

const bytes = Buffer.from('GGUF and so on, for as long as it takes');
const commit = '0123456789abcdef0123456789abcdef01234567';
let folder: string;
let server: Server;
let url: string;
const asked: { url: string; authorization: string | undefined }[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tama pull '));
  asked.length = 0;
  server = createServer((request, response) => {
    asked.push({ url: request.url!, authorization: request.headers.authorization });
    if (request.url === '/api/models/o/r/revision/v1') response.end(JSON.stringify({ sha: commit }));
    else if (request.url!.startsWith(`/api/models/o/r/tree/${commit}`)) {
      response.end(JSON.stringify([{ type: 'file', path: 'm.gguf', size: bytes.length }]));
    } else if (request.url!.endsWith('m.gguf')) response.end(bytes);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

const inStore = (argv: readonly string[], surroundings: Parameters<typeof tama>[1] = {}) =>
  tama(argv, { ...surroundings, dependencies: { modelStore: () => nodeModelStore(folder) } });

describe('tama pull, list and rm', () => {
  it('download, show and delete a model', async () => {
    expect(await inStore(['list'])).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: expect.stringContaining('No model is stored'),
    });
    const pulled = await inStore(['pull', `${url}/m.gguf`]);
    expect(pulled).toMatchObject({ exitCode: 0, stdout: `${url}/m.gguf\n` });
    expect(pulled.stderr).toContain('Stored 100%, 39 bytes of 39 bytes\n');
    expect((await inStore(['list'])).stdout).toBe(`m.gguf\t39 bytes\t${url}/m.gguf\n`);
    const [listed] = JSON.parse((await inStore(['list', '--json'])).stdout);
    expect(listed).toMatchObject({ name: 'm.gguf', complete: true, storedBytes: 39 });
    expect((await inStore(['rm', 'm.gguf'], { env: { LANG: 'ja' } })).stderr).toContain('を削除しました。');
    expect(await inStore(['rm', 'm.gguf'])).toMatchObject({ exitCode: 1, stdout: '' });
    expect((await inStore(['list', '--json'])).stdout).toBe('[]\n');
  });

  it('ask the hub that is named, with the token that is given', async () => {
    const argv = ['pull', 'hf:o/r', '--revision', 'v1', '--json'];
    const { stdout } = await inStore(argv, { env: { HF_ENDPOINT: url, HF_TOKEN: 'hf_secret' } });
    expect(JSON.parse(stdout)).toMatchObject({ source: 'hf:o/r@v1', name: 'r', commit, complete: true });
    expect(asked.map(({ url }) => url.replace(/\?.*/, ''))).toEqual([
      '/api/models/o/r/revision/v1',
      `/api/models/o/r/tree/${commit}`,
      ...asked.slice(2).map(() => `/o/r/resolve/${commit}/m.gguf`),
    ]);
    expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer hf_secret']));
    await inStore([...argv, '--token', 'other', '--endpoint', `${url}/`], {
      env: { HF_ENDPOINT: 'http://nowhere.invalid' },
    });
    expect(asked.at(-1)!.authorization).toBe('Bearer other');
  });

  it('compare with a hash that is given', async () => {
    const { exitCode, stderr } = await inStore(['pull', `${url}/m.gguf`, '--sha256', 'A'.repeat(64)]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`but ${'a'.repeat(64)} was published`);
    expect((await inStore(['list'])).stdout).toContain('m.gguf\t0 bytes, incomplete\t');
  });

  it.each([
    [['pull', 'gemma.gguf']],
    [['pull', 'https://']],
    [['pull', 'https://x/m.gguf', '--revision', 'v1']],
    [['pull', 'hf:o/r@v1', '--revision', 'v2']],
    [['pull', 'https://x/m.gguf', '--sha256', '12']],
    [['pull']],
    [['rm']],
  ])('refuse %j as wrong usage', async (argv) => {
    expect(await inStore(argv)).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it('say how to go on when they are stopped', async () => {
    const stop = new AbortController();
    server.prependListener('request', () => stop.abort(new InterruptedError()));
    const { exitCode, stderr } = await inStore(['pull', `${url}/m.gguf`], { stop });
    expect(exitCode).toBe(130);
    expect(stderr).toContain('The same command goes on from here.');
  });
});
