import { isTamaError } from '@tama/errors';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { byRange, type Handler, type ModelServer, parseRange, serve } from '../testing/model-server.ts';
import { seededRandom } from '../testing/random.ts';
import { fetchThenSilence } from '../testing/silence.ts';
import type { HttpOptions } from './http-request.ts';
import { httpFolder, httpSource } from './http-source.ts';

const random = seededRandom(7);
const content = Uint8Array.from({ length: 100_000 }, () => random() * 256);

let server: ModelServer | undefined;
afterEach(async () => {
  vi.useRealTimers();
  await server?.close();
  server = undefined;
});

/** Opens a file on a server with the given behaviour. Waits between retries are recorded, not waited for. */
async function open(handler: Handler, options: HttpOptions = {}) {
  server = await serve(handler);
  const waits: number[] = [];
  const wait = async (milliseconds: number) => void waits.push(milliseconds);
  const source = await httpSource(`${server.url}models/small%20model.gguf?download=true`, { wait, ...options });
  return { source, waits };
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => error,
  );

async function expectError(promise: Promise<unknown>, code: string) {
  const error = await failure(promise);
  expect(isTamaError(error, code), String(error)).toBe(true);
  return error as Error;
}

describe('httpSource on a sound server', () => {
  it('knows name and size, and reads any part exactly', async () => {
    const { source } = await open(byRange(content));
    expect(source.name).toBe('small model.gguf');
    expect(source.size).toBe(content.length);
    expect(await source.read(0, 16)).toEqual(content.slice(0, 16));
    expect(await source.read(99_990, 10)).toEqual(content.slice(99_990));
    expect(await source.read(5, 0)).toEqual(new Uint8Array(0));
    expect(server!.requests).toHaveLength(3);
  });

  it('refuses to read outside the file without asking the server', async () => {
    const { source } = await open(byRange(content));
    await expectError(source.read(99_990, 11), 'read-out-of-bounds');
    await expectError(source.read(-1, 2), 'read-out-of-bounds');
    expect(server!.requests).toHaveLength(1);
  });

  it('follows a redirect to another host', async () => {
    const other = await serve(byRange(content));
    try {
      const { source } = await open((_, response) => response.writeHead(302, { location: `${other.url}blob` }).end());
      expect(await source.read(10, 20)).toEqual(content.slice(10, 30));
    } finally {
      await other.close();
    }
  });

  it('opens siblings, and takes 404 and a web page for a missing file', async () => {
    server = await serve((request, response) => {
      if (request.url === '/m/config.json') byRange(Uint8Array.of(1, 2))(request, response);
      else if (request.url === '/m/page') response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
      else response.writeHead(404).end();
    });
    const folder = httpFolder(`${server.url}m/`);
    expect((await folder.open('config.json'))?.size).toBe(2);
    expect(await folder.open('tokenizer.model')).toBeUndefined();
    expect(await folder.open('page')).toBeUndefined();
    await expectError(folder.open('../secret'), 'path-unsafe');
  });

  it('stops at once when aborted', async () => {
    const { source } = await open((request, response) => {
      if (parseRange(request)?.last === 0) byRange(content)(request, response);
    });
    const controller = new AbortController();
    const reading = source.read(0, 100, controller.signal);
    controller.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });
});

describe('httpSource on a server that misbehaves', () => {
  it('names a missing file, with its address', async () => {
    const error = await expectError(
      open((_, response) => response.writeHead(404).end()),
      'file-missing',
    );
    expect(error.message).toContain('models/small%20model.gguf');
  });

  it('says that a web page is not a model', async () => {
    const page: Handler = (_, response) =>
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<p>');
    await expectError(open(page), 'http-html');
  });

  it.each([401, 403, 500])('reports status %i', async (status) => {
    const error = await expectError(
      open((_, response) => response.writeHead(status).end()),
      'http-status',
    );
    expect(error.message).toContain(String(status));
  });

  it('waits as long as 429 and 503 ask for, then goes on', async () => {
    const answers = [429, 503, 503];
    const { source, waits } = await open((request, response) => {
      const status = answers.shift();
      if (status) response.writeHead(status, status === 429 ? { 'retry-after': '7' } : {}).end();
      else byRange(content)(request, response);
    });
    expect(source.size).toBe(content.length);
    expect(waits).toEqual([7000, 1000, 2000]);
  });

  it('gives up after the last retry, and tells the status', async () => {
    const error = await expectError(
      open((_, response) => response.writeHead(503).end(), { retries: 2 }),
      'http-status',
    );
    expect(error.message).toContain('503');
    expect(server!.requests).toHaveLength(3);
  });

  it('continues where a connection broke off', async () => {
    let reads = 0;
    const { source } = await open((request, response) => {
      if (reads++ === 0) return byRange(content)(request, response);
      const { first, last } = parseRange(request)!;
      response.writeHead(206, {
        'content-range': `bytes ${first}-${last}/${content.length}`,
        'content-length': last - first + 1,
      });
      const part = content.subarray(first, Math.min(last + 1, first + 10_000));
      response.write(part, () => (part.length === last - first + 1 ? response.end() : response.destroy()));
    });
    expect(await source.read(1, 40_000)).toEqual(content.slice(1, 40_001));
    expect(server!.requests.slice(1)).toEqual(
      [1, 10_001, 20_001, 30_001].map((first) => `GET /models/small%20model.gguf?download=true bytes=${first}-40000`),
    );
  });

  it('notices a connection that stays open and silent', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { source } = await open(
      (request, response) => {
        if (parseRange(request)?.last === 0) byRange(content)(request, response);
        else response.writeHead(206, { 'content-range': `bytes 0-99/${content.length}` }).flushHeaders();
      },
      { fetch: fetchThenSilence(30_000), retries: 1 },
    );
    await expectError(source.read(0, 100), 'network-stalled');
    expect(server!.requests).toHaveLength(3);
  });

  it('says when nothing listens', async () => {
    const gone = await serve(() => {});
    await gone.close();
    const error = await expectError(httpSource(`${gone.url}a.gguf`, { wait: async () => {}, retries: 1 }), 'network');
    expect(error.cause).toBeDefined();
  });

  it('never mixes two versions of a file', async () => {
    let version = 1;
    const { source } = await open((request, response) => byRange(content, `"v${version}"`)(request, response));
    await source.read(0, 10);
    version = 2;
    const error = await expectError(source.read(10, 10), 'source-changed');
    expect(error.message).toContain('"v2"');
  });

  it('notices that a file became shorter', async () => {
    let bytes = content;
    const { source } = await open((request, response) => byRange(bytes)(request, response));
    bytes = content.slice(0, 50);
    await expectError(source.read(10, 10), 'source-changed');
    await expectError(source.read(60, 10), 'source-changed');
  });

  it('reads a small file whole where the server has no ranges', async () => {
    const { source } = await open((_, response) =>
      response.writeHead(200, { 'content-length': content.length }).end(content),
    );
    expect(await source.read(99_000, 1000)).toEqual(content.slice(99_000));
    expect(server!.requests).toHaveLength(1);
  });

  it.each([true, false])('refuses a large file where the server has no ranges (size told: %s)', async (told) => {
    const megabyte = new Uint8Array(2 ** 20);
    const endless: Handler = (_, response) => {
      response.writeHead(200, told ? { 'content-length': 2 ** 31 } : {});
      const more = () => response.write(megabyte, (error) => !error && more());
      more();
    };
    await expectError(open(endless), 'http-no-ranges');
  });

  it('notices when ranges stop working', async () => {
    const { source } = await open((request, response) => {
      if (parseRange(request)?.last === 0) byRange(content)(request, response);
      else response.writeHead(200, { etag: '"v1"', 'content-length': content.length }).end(content);
    });
    await expectError(source.read(10, 10), 'http-no-ranges');
  });

  it('refuses another part than it asked for, and more than it asked for', async () => {
    const lying =
      (range: string, bytes: number): Handler =>
      (request, response) =>
        parseRange(request)?.last === 0
          ? byRange(content)(request, response)
          : void response.writeHead(206, { 'content-range': range }).end(content.subarray(0, bytes));
    const shifted = await open(lying('bytes 11-20/100000', 10));
    await expectError(shifted.source.read(10, 10), 'http-bad-range');
    await server!.close();
    const longer = await open(lying('bytes 10-19/100000', 5000));
    await expectError(longer.source.read(10, 10), 'http-bad-range');
  });

  it('refuses compressed parts', async () => {
    const handler: Handler = (_, response) =>
      response.writeHead(206, { 'content-encoding': 'gzip', 'content-range': 'bytes 0-0/9' }).end('x');
    await expectError(open(handler), 'http-bad-range');
  });

  it('finds the size by HEAD where Content-Range is hidden, and says when it cannot', async () => {
    const hidden =
      (headers: Record<string, number>): Handler =>
      (request, response) => {
        if (request.method === 'HEAD') response.writeHead(200, headers).end();
        else {
          const { first, last } = parseRange(request)!;
          response.writeHead(206).end(content.subarray(first, last + 1));
        }
      };
    const { source } = await open(hidden({ 'content-length': content.length }));
    expect(await source.read(300, 5)).toEqual(content.slice(300, 305));
    await server!.close();
    await expectError(open(hidden({})), 'http-size-unknown');
  });
});
