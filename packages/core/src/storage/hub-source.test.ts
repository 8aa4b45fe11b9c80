import { isTamaError, type TamaError } from '@tama/errors';
import { afterEach, describe, expect, it } from 'vitest';
import { type FakeHub, serveHub } from '../testing/fake-hub.ts';
import { byRange, serve } from '../testing/model-server.ts';
import type { ByteFolder, ByteSource } from './byte-source.ts';
import { listHubFiles, pinRevision } from './hub-api.ts';
import { hubModelFiles } from './hub-model-files.ts';
import { formatHubReference, parseHubReference } from './hub-reference.ts';
import { openHub } from './hub-source.ts';
import { openSource } from './open-source.ts';

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 31) % 256);
const TOKEN = 'hf_secret';

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of closing.splice(0)) await server.close();
});

async function hub(...args: Parameters<typeof serveHub>): Promise<FakeHub> {
  const server = await serveHub(...args);
  closing.push(server);
  return server;
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => (isTamaError(error) ? error.code : String(error)),
  );

function refused(attempt: () => unknown): TamaError {
  try {
    attempt();
  } catch (error) {
    if (isTamaError(error)) return error;
  }
  return expect.unreachable('it should have failed');
}

describe('a reference to a hub', () => {
  it.each([
    ['hf:google/gemma-2-2b-it', { repository: 'google/gemma-2-2b-it', revision: 'main' }],
    ['hf:a/b@v1.0', { repository: 'a/b', revision: 'v1.0' }],
    ['hf:a/b/x y.gguf@refs/pr/3', { repository: 'a/b', path: 'x y.gguf', revision: 'refs/pr/3' }],
    ['hf:a/b/sub/m@n.gguf@main', { repository: 'a/b', path: 'sub/m@n.gguf', revision: 'main' }],
    ['hf:a/b/sub/', { repository: 'a/b', path: 'sub/', revision: 'main' }],
  ])('%s is read, and written again', (text, reference) => {
    expect(parseHubReference(text)).toEqual(reference);
    expect(formatHubReference(parseHubReference(text))).toBe(text.replace(/@main$/, ''));
  });

  it.each(['hf:', 'hf:gemma', 'hf:a//b', 'hf:../b', 'hf:a/b@', 'hf:a/b@x/../y', 'hf:a/b?x', 'hf:a/b@x y'])(
    '%s is refused',
    (text) => {
      expect(() => parseHubReference(text)).toThrow(expect.objectContaining({ code: 'hub-reference' }));
    },
  );

  it.each(['hub.local', 'localhost:8080', 'file:///hub', ''])('is not asked of an endpoint %j', async (endpoint) => {
    for (const text of ['hf:a/b', 'hf:a/b/m.gguf']) expect(await codeOf(openHub(text, { endpoint }))).toBe('bad-url');
  });

  it('cannot lead out of its repository', () => {
    expect(() => parseHubReference('hf:a/b/../../c/d')).toThrow(expect.objectContaining({ code: 'path-unsafe' }));
  });
});

describe('a hub', () => {
  it('lists its files over several pages, with the hashes of large ones', async () => {
    const files = Object.fromEntries(['a', 'b', 'sub/c', 'sub/d', 'e'].map((path, i) => [path, bytes(i * 400)]));
    const server = await hub('o/r', files, { pageLength: 2 });
    const listed = await listHubFiles(parseHubReference('hf:o/r'), { endpoint: server.url });
    expect(listed.map(({ path, size, sha256 }) => [path, size, sha256 !== undefined])).toEqual([
      ['a', 0, false],
      ['b', 400, false],
      ['sub/c', 800, false],
      ['sub/d', 1200, true],
      ['e', 1600, true],
    ]);
    expect(server.requests).toHaveLength(3);
  });

  it('opens a folder, its listing and its files by path', async () => {
    const server = await hub('o/r', { 'config.json': bytes(10), 'x/model.safetensors': bytes(5000) }, {}, 'refs/pr/1');
    const folder = (await openSource('hf:o/r@refs/pr/1', undefined, { endpoint: server.url })) as ByteFolder;
    expect(folder.name).toBe('r');
    expect(await folder.list!()).toEqual(['config.json', 'x/']);
    const weights = (await folder.open('x/model.safetensors'))!;
    expect(await weights.read(4990, 10)).toEqual(bytes(5000).slice(4990));
    expect(await weights.folder!.list!()).toEqual(['model.safetensors']);
    expect(weights.folder!.location).toBe('hf:o/r/x/@refs/pr/1');
    expect(await folder.open('absent')).toBeUndefined();
    expect(await codeOf(folder.open('../secret'))).toBe('path-unsafe');
  });

  it('opens a file without asking for the list, and a repository of one GGUF as that file', async () => {
    const server = await hub('o/r', { 'README.md': bytes(9), 'm Q4.gguf': bytes(2000) });
    const options = { endpoint: `${server.url}` };
    const file = (await openHub('hf:o/r/m Q4.gguf', options)) as ByteSource;
    expect([file.name, file.size, server.requests]).toEqual([
      'm Q4.gguf',
      2000,
      ['GET /o/r/resolve/main/m%20Q4.gguf bytes=0-0'],
    ]);
    expect(file.folder!.location).toBe('hf:o/r');
    expect(((await openHub('hf:o/r', options)) as ByteSource).name).toBe('m Q4.gguf');
  });

  it('says what is not there', async () => {
    const server = await hub('o/r', { 'README.md': bytes(9) });
    const options = { endpoint: server.url };
    expect(await codeOf(openHub('hf:o/none', options))).toBe('hub-repository-missing');
    expect(await codeOf(openHub('hf:o/r', options))).toBe('hub-model-missing');
    expect(await codeOf(openHub('hf:o/r/x.gguf', options))).toBe('file-missing');
  });

  it.each([
    ['not JSON', '<', {}],
    ['not a list', '{}', {}],
    ['without sizes', '[{"type":"file","path":"a"}]', {}],
    ['that goes on elsewhere', '[]', { link: '<https://elsewhere.example/>; rel="next"' }],
    ['that never ends', '[]', { link: '<?recursive=true>; rel="next"' }],
  ])('is not believed when its list is %s', async (_, body, headers: Record<string, string>) => {
    const server = await serve((_, response) =>
      response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body),
    );
    closing.push(server);
    expect(await codeOf(listHubFiles(parseHubReference('hf:o/r'), { endpoint: server.url }))).toBe('hub-answer');
  });

  it('tells the commit that a branch stands for now; a commit is asked of nobody', async () => {
    const server = await hub('o/r', { 'm.gguf': bytes(9) }, {}, 'refs/pr/1');
    const options = { endpoint: server.url };
    const reference = parseHubReference('hf:o/r/m.gguf@refs/pr/1');
    const pinned = await pinRevision(reference, options);
    expect(pinned).toEqual({ ...reference, revision: server.commit });
    expect(await pinRevision(pinned, options)).toEqual(pinned);
    expect(server.requests).toHaveLength(1);
    expect(await codeOf(pinRevision(parseHubReference('hf:o/r@v9'), options))).toBe('hub-repository-missing');
  });

  it.each(['<', '[]', 'null', '{"sha":"main"}'])('is not believed when it names %s as the commit', async (body) => {
    const server = await serve((_, response) => response.writeHead(200).end(body));
    closing.push(server);
    expect(await codeOf(pinRevision(parseHubReference('hf:o/r'), { endpoint: server.url }))).toBe('hub-answer');
  });

  it('may not name files outside the repository', async () => {
    const server = await hub('o/r', { '../evil': bytes(1) });
    expect(await codeOf(listHubFiles(parseHubReference('hf:o/r'), { endpoint: server.url }))).toBe('path-unsafe');
  });
});

describe('the token', () => {
  it('goes to the hub, and not where the hub redirects to', async () => {
    const elsewhere: (string | undefined)[] = [];
    const storage = await serve((request, response) => {
      elsewhere.push(request.headers.authorization);
      byRange(bytes(2000))(request, response);
    });
    closing.push(storage);
    const intercept = (path: string, _: unknown, response: import('node:http').ServerResponse) => {
      response.writeHead(302, { location: `${storage.url}blob/${path}` }).end();
      return true;
    };
    const server = await hub('o/r', { 'm.gguf': bytes(2000) }, { intercept });
    const source = (await openHub('hf:o/r', { endpoint: server.url, token: TOKEN })) as ByteSource;
    expect(await source.read(100, 100)).toEqual(bytes(2000).slice(100, 200));
    expect(new Set(server.authorizations)).toEqual(new Set([`Bearer ${TOKEN}`]));
    expect(elsewhere).toEqual([undefined, undefined]);
  });

  it('is in no error', async () => {
    const server = await serve((_, response) => response.writeHead(403).end());
    closing.push(server);
    const error = await openHub('hf:o/r', { endpoint: server.url, token: TOKEN }).catch((error: Error) => error);
    expect(isTamaError(error, 'http-status')).toBe(true);
    const { message, details, stack, cause } = error as Error & { details: unknown };
    expect(JSON.stringify([message, details, stack, String(cause)])).not.toContain(TOKEN);
  });
});

describe('the files of a model in a repository', () => {
  const chosen = (paths: readonly string[], text = 'hf:o/r') =>
    hubModelFiles(
      paths.map((path) => ({ path, size: 1 })),
      parseHubReference(text),
    ).map(({ path }) => path);

  it('are the safetensors with what describes them, not the same weights in another form', () => {
    const wanted = [
      'config.json',
      'tokenizer.model',
      'model-00001-of-00002.safetensors',
      'model.safetensors.index.json',
    ];
    const others = [
      '.gitattributes',
      'README.md',
      'pytorch_model.bin',
      'r.gguf',
      'onnx/model.onnx',
      '4bit/m.safetensors',
    ];
    expect(chosen([...wanted, ...others]).sort()).toEqual([...wanted].sort());
  });

  it('are all files of an Orbax checkpoint, which has no extensions', () => {
    const paths = ['2b/manifest.ocdbt', '2b/d/00ab', '2b/_METADATA', 'tokenizer.model'];
    expect(chosen(['README.md', ...paths])).toEqual(paths);
    expect(chosen(['README.md', ...paths], 'hf:o/r/2b/')).toEqual(paths.slice(0, 3));
  });

  it('are every part of a split GGUF', () => {
    const parts = ['q/m-00001-of-00002.gguf', 'q/m-00002-of-00002.gguf'];
    expect(chosen([...parts, 'README.md'])).toEqual(parts);
    expect(chosen([...parts, 'q/n.gguf'], `hf:o/r/${parts[1]}`)).toEqual(parts);
    expect(chosen([...parts, 'q/n.gguf'], 'hf:o/r/q/n.gguf')).toEqual(['q/n.gguf']);
  });

  it('have to be named where there are several models', () => {
    const paths = ['q/a-Q4-00001-of-00002.gguf', 'q/a-Q4-00002-of-00002.gguf', 'a-Q8.gguf'];
    expect(() => chosen(paths)).toThrow(`Name one of them, such as hf:o/r/${paths[0]}.`);
    const { details, texts } = refused(() => chosen(paths, 'hf:o/r@refs/pr/1'));
    expect(details).toEqual({ reference: 'hf:o/r@refs/pr/1', files: `${paths[0]}, a-Q8.gguf`, bytes: '2, 1' });
    for (const { remedy } of Object.values(texts)) {
      const [example = ''] = /hf:[\w./-]+@[\w/]+/.exec(remedy) ?? [];
      expect(chosen(paths, example)).toEqual(paths.slice(0, 2));
    }
  });
});
