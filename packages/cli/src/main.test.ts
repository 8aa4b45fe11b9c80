import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Inspection } from './inspection.ts';
import { repositoryPath, spawnTama } from './testing/spawn-tama.ts';

// The command itself, as a process. Whatever needs a GPU is in main.gpu.test.ts.

type EncodeCase = { readonly text: string; readonly ids: number[] };
const { encode: cases } = JSON.parse(await readFile(repositoryPath('fixtures/tokenizer/golden.json'), 'utf8')) as {
  encode: EncodeCase[];
};
const tokenizer = repositoryPath('fixtures/tokenizer/tokenizer.model');
const asLines = (texts: readonly string[]) => texts.map((text) => `${JSON.stringify(text)}\n`).join('');
const idsOf = (stdout: string): number[][] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).ids);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tama cli '));
});
afterAll(() => rm(folder, { recursive: true }));

describe('tama tokenize, as a process', () => {
  it.each(['tokenizer.model', 'tokenizer.json'])('gives every golden id from %s', async (file) => {
    const path = repositoryPath(`fixtures/tokenizer/${file}`);
    const { exitCode, stdout, stderr } = await spawnTama(['tokenize', '--tokenizer', path, '--jsonl'], {
      stdin: asLines(cases.map(({ text }) => text)),
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(idsOf(stdout)).toEqual(cases.map(({ ids }) => ids));
  });

  it('reads the vocabulary of a GGUF file', async () => {
    const [fromModel, fromFile] = await Promise.all([
      spawnTama(['tokenize', '--model', 'demo', 'I like green tea.']),
      spawnTama(['tokenize', '--tokenizer', repositoryPath('models/demo/tama-demo-Q8_0.gguf'), 'I like green tea.']),
    ]);
    expect(fromModel).toMatchObject({ exitCode: 0, stderr: '' });
    expect(fromModel.stdout).toMatch(/^\d+( \d+)+\n$/);
    expect(fromFile.stdout).toBe(fromModel.stdout);
  });

  it('streams many lines through pipes that fill', async () => {
    const texts = Array.from({ length: 20_000 }, (_, line) => cases[line % cases.length]!.text);
    const { exitCode, stdout } = await spawnTama(['tokenize', '--tokenizer', tokenizer, '--jsonl'], {
      stdin: asLines(texts),
    });
    expect(exitCode).toBe(0);
    const found = idsOf(stdout);
    expect(found).toHaveLength(texts.length);
    expect(found.at(-1)).toEqual(cases[(texts.length - 1) % cases.length]!.ids);
  });

  it('ends quietly when its reader has enough', async () => {
    const texts = Array.from({ length: 50_000 }, () => 'The reader has enough after the first lines.');
    const { exitCode, stderr } = await spawnTama(['tokenize', '--tokenizer', tokenizer, '--jsonl'], {
      stdin: asLines(texts),
      onStdout: (_, child) => child.closeStdout(),
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  it('refuses files that hold no vocabulary', async () => {
    const bad = { 'bad.json': '{"model"', 'empty.model': '', 'text.model': 'just text, and more of it than a header' };
    for (const [name, content] of Object.entries(bad)) {
      await writeFile(join(folder, name), content);
      const { exitCode, stdout, stderr } = await spawnTama(['tokenize', '--tokenizer', join(folder, name), 'x']);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
      expect(stderr).toContain('tama: The vocabulary (tokenizer.');
      expect(stderr).not.toContain('unexpected');
    }
  });
});

describe('tama inspect, as a process', () => {
  it('describes the demo model', async () => {
    const { exitCode, stdout, stderr } = await spawnTama(['inspect', 'demo', '--json']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout) as Inspection).toMatchObject({
      format: 'gguf',
      parameters: 6_822_144,
      config: {
        layers: 6,
        hiddenSize: 256,
        heads: 4,
        kvHeads: 2,
        headDim: 64,
        slidingWindow: 64,
        vocabularySize: 8192,
      },
      tensors: { count: 68, byEncoding: { q8_0: { tensors: 43 }, f32: { tensors: 25 } } },
      tokenizer: { pieces: 8192, special: { bos: 2, eos: 1, unk: 3, pad: 0, startOfTurn: 5, endOfTurn: 6 } },
      contextLength: 512,
      cacheBytesPerToken: { f16: 2 * 6 * 2 * 64 * 2, f32: 2 * 6 * 2 * 64 * 4 },
    });
  });

  it('describes a folder of sharded safetensors without a tokenizer', async () => {
    const { stdout } = await spawnTama(['inspect', repositoryPath('fixtures/tiny/hf'), '--json']);
    expect(JSON.parse(stdout) as Inspection).toMatchObject({
      format: 'safetensors',
      config: { hiddenSize: 96, queryScale: 24 ** -0.5 },
      tensors: { count: 46, byEncoding: { bf16: { tensors: 46 } } },
      tokenizer: null,
    });
  });

  it.each([
    ['no/such/model.gguf', 'model.gguf'],
    ['https://', "'https://' is not a URL that can be fetched"],
    [repositoryPath('packages/cli/README.md'), 'README.md'],
    [repositoryPath('fixtures/tokenizer'), 'tokenizer'],
  ])('explains why %s is no model', async (model, message) => {
    const { exitCode, stdout, stderr } = await spawnTama(['inspect', model]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('unexpected');
  });

  it('explains it in Japanese', async () => {
    const { stderr } = await spawnTama(['inspect', 'no/such/model.gguf'], { env: { LC_ALL: 'ja_JP.UTF-8' } });
    expect(stderr).toMatch(/「.*model\.gguf」が見つかりません/);
  });
});

describe('tama inspect --verify of a URL', () => {
  const model = readFileSync(repositoryPath('fixtures/tiny/gguf/tiny-f32.gguf'));
  const files = new Map<string, Buffer>();
  let server: Server;
  let url: string;
  let served = 0;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const file = files.get(request.url!);
      const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
      if (!file || !range) return void response.writeHead(404).end();
      const part = file.subarray(Number(range[1]), Number(range[2]) + 1);
      served += part.length;
      const end = Number(range[1]) + part.length - 1;
      response.writeHead(206, { 'content-range': `bytes ${range[1]}-${end}/${file.length}`, etag: '"1"' }).end(part);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  it('reads every weight and says so', async () => {
    files.set('/sound.gguf', model);
    const { exitCode, stdout } = await spawnTama(['inspect', `${url}/sound.gguf`, '--verify', '--json']);
    expect(exitCode).toBe(0);
    const { verified, tensors, bytes } = JSON.parse(stdout) as Inspection;
    expect(verified).toEqual({ tensors: tensors.count, bytes });
    expect(served).toBeGreaterThanOrEqual(bytes);
  });

  it('ends with 1 and the name of the tensor that holds a NaN', async () => {
    const damaged = Buffer.from(model);
    damaged.writeUInt32LE(0x7fc00000, damaged.length - 64);
    files.set('/damaged.gguf', damaged);
    const { exitCode, stdout, stderr } = await spawnTama(['inspect', `${url}/damaged.gguf`, '--verify']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/'model\.[\w.]+\.weight'.*NaN/);
  });

  it('ends with 1 where the file ends early', async () => {
    files.set('/short.gguf', model.subarray(0, model.length - 64));
    const { exitCode, stderr } = await spawnTama(['inspect', `${url}/short.gguf`, '--verify']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('short.gguf');
    expect(stderr).not.toContain('unexpected');
  });
});

describe('tama, as a process', () => {
  it('answers --version and --help', async () => {
    const { version } = JSON.parse(await readFile(repositoryPath('packages/cli/package.json'), 'utf8')) as {
      version: string;
    };
    expect(await spawnTama(['--version'])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
    expect(await spawnTama(['run', '--help'])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('exits with 2 at wrong usage', async () => {
    expect(await spawnTama(['run', 'demo', 'Hi', '--temperature', 'hot'])).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it('exits with 130 at Ctrl-C', async () => {
    const ended = await spawnTama(['tokenize', '--tokenizer', tokenizer, '--jsonl'], {
      stdin: '"Interrupt me."\n',
      keepOpen: true,
      onStdout: (_, child) => child.kill('SIGINT'),
    });
    expect(ended).toMatchObject({ exitCode: 130, stderr: '' });
  });
});

describe('a stored model, as a process', () => {
  it('is downloaded once, and opened by its name or its URL without the server', async () => {
    const bytes = await readFile(repositoryPath('models/demo/tama-demo-Q8_0.gguf'));
    const server = createServer((_, response) => response.end(bytes));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/my-demo.gguf`;
    const env = { TAMA_CACHE: join(folder, 'cache') };
    expect(await spawnTama(['pull', url], { env })).toMatchObject({ exitCode: 0, stdout: `${url}\n` });
    await new Promise((resolve) => server.close(resolve));
    for (const model of ['my-demo.gguf', url]) {
      const { exitCode, stdout } = await spawnTama(['tokenize', '--model', model, 'I like green tea.'], { env });
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^\d+( \d+)+\n$/);
    }
  });
});
