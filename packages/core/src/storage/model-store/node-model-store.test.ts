/// <reference types="node" />
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isTamaError } from '@tama/errors';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serveHub, sha256 } from '../../testing/fake-hub.ts';
import { byRange, type Handler, type ModelServer, parseRange, serve } from '../../testing/model-server.ts';
import { seededRandom } from '../../testing/random.ts';
import { fetchThenSilence } from '../../testing/silence.ts';
import type { ByteFolder, ByteSource } from '../byte-source.ts';
import type { HubOptions } from '../hub-api.ts';
import type { DownloadProgress } from './download-progress.ts';
import { describeModel } from './model-description.ts';
import { ModelStore, type StoreOptions } from './model-store.ts';
import { nodeModelStore } from './node-model-store.ts';
import { nodeStoreBacking } from './node-store-backing.ts';
import type { StoreBacking } from './store-backing.ts';

const random = seededRandom(3);
const content = Uint8Array.from({ length: 100_000 }, () => random() * 256);
const PIECE = 8192;
const PIECES = Math.ceil(content.length / PIECE);

let folder: string;
const servers: ModelServer[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tama store '));
});
afterEach(async () => {
  vi.useRealTimers();
  for (const server of servers.splice(0)) await server.close();
  await rm(folder, { recursive: true });
});

async function server(handler: Handler): Promise<ModelServer> {
  const started = await serve(handler);
  servers.push(started);
  return started;
}

const smallPieces: StoreOptions = { pieceBytes: PIECE, connections: 4 };
const store = (options: StoreOptions = {}) => nodeModelStore(folder, { ...smallPieces, ...options });
const changedStore = (changes: Partial<StoreBacking>) =>
  new ModelStore({ ...nodeStoreBacking(folder), ...changes }, smallPieces);

/** Waits between tries are recorded, not waited for. */
function patience(): { readonly hub: HubOptions; readonly waits: number[] } {
  const waits: number[] = [];
  return { hub: { wait: async (milliseconds) => void waits.push(milliseconds) }, waits };
}

async function download(handler: Handler, hash: string | undefined = sha256(content), hub = patience().hub) {
  const { url } = await server(handler);
  const description = await describeModel(`${url}m.gguf`, hash ? { sha256: hash } : {});
  return store().download(description, { hub }).finished;
}

async function storedBytesOf(from: ModelStore = store()): Promise<Uint8Array> {
  const [model] = await from.list();
  const source = (await from.open(model!.source)) as ByteSource;
  const bytes = await source.read(0, source.size);
  await source.close?.();
  return bytes;
}

const failure = (promise: Promise<unknown>): Promise<Error & { details: Record<string, unknown> }> =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error) => error,
  );
async function expectCode(promise: Promise<unknown>, code: string) {
  const error = await failure(promise);
  expect(isTamaError(error, code), String(error)).toBe(true);
  return error;
}

/** Requests for parts, the first look left out. */
const parts = ({ requests }: ModelServer) => requests.filter((request) => !request.endsWith('bytes=0-0'));

describe('a model store on disk', () => {
  it('downloads a file in pieces, verifies it, lists it, opens it without a network, and removes it', async () => {
    const good = await server(byRange(content));
    const seen: DownloadProgress[] = [];
    const description = await describeModel(`${good.url}models/m.gguf?x=1`, { sha256: sha256(content) });
    const stored = await store().download(description, { onProgress: (progress) => seen.push(progress) }).finished;
    expect(stored).toMatchObject({ name: 'm.gguf', complete: true, storedBytes: 100_000, bytes: 100_000 });
    expect(parts(good)).toHaveLength(PIECES);
    expect(seen.at(-1)).toMatchObject({ phase: 'done', bytes: 100_000, total: 100_000 });
    expect([...new Set(seen.map(({ phase }) => phase))]).toEqual(['download', 'verify', 'done']);

    await good.close();
    const later = store();
    expect(await later.list()).toEqual([stored]);
    expect(await later.find('m.gguf')).toEqual(stored);
    expect(await storedBytesOf(later)).toEqual(content);
    await later.remove('m.gguf');
    expect(await later.list()).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
    await expectCode(later.open('m.gguf'), 'model-not-stored');
    await expectCode(later.remove('m.gguf'), 'model-not-stored');
  });

  it('fetches nothing again of a model that is stored', async () => {
    const good = await server(byRange(content));
    const description = await describeModel(`${good.url}m.gguf`);
    await store().download(description).finished;
    const before = good.requests.length;
    expect(await store().download(description).finished).toMatchObject({ complete: true });
    expect(good.requests).toHaveLength(before);
  });

  it('stores a repository of a hub as a folder, with the hashes that the hub publishes', async () => {
    const files = { 'config.json': content.slice(0, 10), 'sub/x.txt': new Uint8Array(0), 'm.safetensors': content };
    const hub = await serveHub('o/r', files);
    servers.push(hub);
    const options = { endpoint: hub.url, token: 'hf_secret' };
    const description = await describeModel('hf:o/r', options);
    await store().download(description, { hub: options }).finished;
    const opened = (await store().open('hf:o/r')) as ByteFolder;
    expect([opened.name, await opened.list!()]).toEqual(['r', ['config.json', 'm.safetensors', 'sub/']]);
    const weights = (await opened.open('m.safetensors'))!;
    expect(await weights.read(50_000, 50_000)).toEqual(content.slice(50_000));
    await weights.close?.();
    const empty = (await opened.open('sub/x.txt'))!;
    expect(empty.size).toBe(0);
    await empty.close?.();
    const onDisk = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const file of onDisk.filter((entry) => entry.isFile()))
      expect(await readFile(join(file.parentPath, file.name), 'latin1')).not.toContain('hf_secret');
  });

  it('never mixes two states of a branch: a download goes on with the commit that it began with', async () => {
    const before = { 'config.json': new Uint8Array(900).fill(1), 'model.safetensors': content };
    const after = { ...before, 'config.json': new Uint8Array(900).fill(2) };
    let down = true;
    const intercept = (path: string, _: unknown, response: ServerResponse) => {
      if (!down || path === 'config.json') return false;
      response.writeHead(404).end();
      return true;
    };
    const hub = await serveHub('o/r', before, { intercept });
    servers.push(hub);
    const first = hub.commit;
    const options = { hub: { endpoint: hub.url } };
    await expectCode(store().download(await describeModel('hf:o/r', options.hub), options).finished, 'file-missing');
    const second = hub.push(after);
    down = false;
    const [begun] = await store().list();
    expect(begun).toMatchObject({ source: 'hf:o/r', commit: first, complete: false, storedBytes: 900 });
    expect(await store().download(begun!, options).finished).toMatchObject({ commit: first, complete: true });
    const config = async () => {
      const source = await ((await store().open('hf:o/r')) as ByteFolder).open('config.json');
      const [byte] = await source!.read(0, 1);
      await source!.close?.();
      return byte;
    };
    expect(await config()).toBe(1);

    // The branch, asked for anew: what has no hash to compare is fetched again, and what has one is not.
    const asked = hub.requests.length;
    const moved = await store().download(await describeModel('hf:o/r', options.hub), options).finished;
    expect(moved).toMatchObject({ commit: second, complete: true });
    expect(await config()).toBe(2);
    expect(hub.requests.slice(asked).filter((request) => request.includes('model.safetensors'))).toEqual([]);
  });

  it('finds a model by its name only where that is clear', async () => {
    const good = await server(byRange(content));
    for (const path of ['a/m.gguf', 'b/m.gguf'])
      await store().download(await describeModel(`${good.url}${path}`)).finished;
    await expectCode(store().find('m.gguf'), 'model-name-ambiguous');
    expect(await store().find(`${good.url}b/m.gguf`)).toMatchObject({ source: `${good.url}b/m.gguf` });
  });

  it('stores every part of a split GGUF, whichever was named', async () => {
    const good = await server(byRange(content));
    const description = await describeModel(`${good.url}m-00002-of-00003.gguf`);
    await store().download(description).finished;
    const opened = (await store().open(description.source)) as ByteFolder;
    expect(await opened.list!()).toEqual([1, 2, 3].map((part) => `m-0000${part}-of-00003.gguf`));
  });

  it('refuses a URL that names a folder', async () => {
    await expectCode(describeModel('https://example.com/models/'), 'download-folder-url');
  });
});

describe('pause, resume and cancel', () => {
  /** A download that has stored four pieces and waits for the others. */
  async function underWay() {
    let hold = true;
    const held: (() => void)[] = [];
    const slow = await server((request, response) => {
      const range = parseRange(request);
      const answer = () => byRange(content)(request, response);
      if (!hold || !range || range.first < 4 * PIECE) answer();
      else held.push(answer);
    });
    const description = await describeModel(`${slow.url}m.gguf`, { sha256: sha256(content) });
    const seen: DownloadProgress[] = [];
    const one = store().download(description, { onProgress: (progress) => seen.push(progress) });
    await expect.poll(async () => (await store().list())[0]?.storedBytes).toBe(4 * PIECE);
    const release = () => {
      hold = false;
      for (const answer of held.splice(0)) answer();
    };
    return { one, description, slow, seen, release };
  }

  it('keeps what has arrived while paused, and goes on from there', async () => {
    const { one, slow, seen, release } = await underWay();
    one.pause();
    await expect.poll(() => seen.at(-1)?.phase).toBe('paused');
    expect(await store().list()).toMatchObject([{ complete: false }]);
    await expectCode(store().open('m.gguf'), 'model-incomplete');
    const before = parts(slow).length;
    release();
    one.resume();
    expect(await one.finished).toMatchObject({ complete: true });
    expect(parts(slow).length - before).toBe(PIECES - 4);
    expect(await storedBytesOf()).toEqual(content);
  });

  it('stays cancelled, and leaves nothing', async () => {
    const { one } = await underWay();
    one.cancel();
    await expectCode(one.finished, 'download-cancelled');
    one.resume();
    await expectCode(one.finished, 'download-cancelled');
    expect(await store().list()).toEqual([]);
  });

  it('reaches a second download of the same model, which shares the first', async () => {
    const { one, description, slow, release } = await underWay();
    const two = store().download(description);
    two.pause();
    await expect.poll(() => [one.paused, two.paused]).toEqual([true, true]);
    release();
    two.resume();
    const [first, second] = await Promise.all([one.finished, two.finished]);
    expect(second).toEqual(first);
    expect(new Set(parts(slow)).size).toBe(PIECES);
  });

  it('is what removing a model does to its download', async () => {
    const { one } = await underWay();
    await Promise.all([expectCode(one.finished, 'download-cancelled'), store().remove('m.gguf')]);
    expect(await store().list()).toEqual([]);
  });

  it('ends with the reason of a signal, keeping what has arrived', async () => {
    const { one, description, release } = await underWay();
    const stop = new AbortController();
    const two = store().download(description, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(two.finished).rejects.toThrow('enough');
    release();
    expect(await one.finished).toMatchObject({ complete: true });
  });
});

it('names the folder that it cannot read or write', async () => {
  await writeFile(join(folder, 'file'), '');
  const below = nodeModelStore(join(folder, 'file', 'models'));
  const unreadable = await failure(below.list());
  expect(isTamaError(unreadable, 'file-unreadable') && unreadable.details.file).toBe(join(folder, 'file', 'models'));
  const description = await describeModel('https://example.com/m.gguf');
  const unwritable = await failure(below.download(description).finished);
  expect(isTamaError(unwritable, 'file-unwritable') && unwritable.message).toContain('ENOTDIR');
});

describe('a server that misbehaves', () => {
  it('has no ranges', async () => {
    await download((_, response) => response.writeHead(200, { 'content-length': content.length }).end(content));
    expect(await storedBytesOf()).toEqual(content);
  });

  it('has no ranges, tells no size, and breaks off', async () => {
    let answers = 0;
    await download((_, response) => {
      answers++;
      if (answers !== 2) return void response.writeHead(200).end(content);
      response.writeHead(200).write(content.subarray(0, 30_000), () => response.destroy());
    });
    expect(answers).toBe(3);
    expect(await storedBytesOf()).toEqual(content);
  });

  it('ignores ranges after the first', async () => {
    await download((request, response) => {
      if (parseRange(request)?.last === 0) byRange(content)(request, response);
      else response.writeHead(200, { etag: '"v1"', 'content-length': content.length }).end(content);
    });
    expect(await storedBytesOf()).toEqual(content);
  });

  it('changes the file midway: only the new one is stored', async () => {
    const changed = content.map((byte) => 255 - byte);
    let answers = 0;
    await download(
      (request, response) => (answers++ < 6 ? byRange(content) : byRange(changed, '"v2"'))(request, response),
      sha256(changed),
    );
    expect(await storedBytesOf()).toEqual(changed);
  });

  it('changes the file without end', async () => {
    let version = 0;
    const error = await expectCode(
      download((request, response) => byRange(content, `"v${version++}"`)(request, response)),
      'source-changed',
    );
    expect(error.message).toContain('"v');
  });

  it('truncates what it sends', async () => {
    let cut = 0;
    await download((request, response) => {
      const range = parseRange(request)!;
      if (range.last === 0 || cut++ % 2 === 1) return byRange(content)(request, response);
      response.writeHead(206, {
        etag: '"v1"',
        'content-range': `bytes ${range.first}-${range.last}/${content.length}`,
        'content-length': range.last - range.first + 1,
      });
      response.write(content.subarray(range.first, range.first + 1000), () => response.destroy());
    });
    expect(await storedBytesOf()).toEqual(content);
  });

  it('stalls', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { hub } = patience();
    const error = await expectCode(
      download(
        (request, response) => {
          const { first, last } = parseRange(request)!;
          if (first < 2 * PIECE) byRange(content)(request, response);
          else response.writeHead(206, { 'content-range': `bytes ${first}-${last}/${content.length}` }).flushHeaders();
        },
        undefined,
        { ...hub, fetch: fetchThenSilence(50), stallTimeoutMs: 50, retries: 1 },
      ),
      'network-stalled',
    );
    expect(error.message).toContain('0.05 seconds');
    expect(await store().list()).toMatchObject([{ complete: false }]);
  });

  it('answers 416 to parts that it has', async () => {
    await expectCode(
      download((request, response) => {
        if (parseRange(request)?.last === 0) byRange(content)(request, response);
        else response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      }),
      'source-changed',
    );
  });

  it('answers 429 and 503 with the time to wait', async () => {
    const { hub, waits } = patience();
    const answers = [429, 503];
    const handler: Handler = (request, response) => {
      const status = parseRange(request)?.last === 0 ? undefined : answers.shift();
      if (status) response.writeHead(status, { 'retry-after': status === 429 ? '7' : '3' }).end();
      else byRange(content)(request, response);
    };
    await download(handler, sha256(content), hub);
    expect(waits.sort()).toEqual([3000, 7000]);
    expect(await storedBytesOf()).toEqual(content);
  });

  it('redirects to another host, which does not get the token', async () => {
    const seen: (string | undefined)[] = [];
    const other = await server((request, response) => {
      seen.push(request.headers.authorization);
      byRange(content)(request, response);
    });
    const intercept = (_: string, __: unknown, response: ServerResponse) => {
      response.writeHead(302, { location: `${other.url}blob` }).end();
      return true;
    };
    const hub = await serveHub('o/r', { 'm.gguf': content }, { intercept });
    servers.push(hub);
    const options = { endpoint: hub.url, token: 'hf_secret' };
    await store().download(await describeModel('hf:o/r', options), { hub: options }).finished;
    expect(new Set(hub.authorizations)).toEqual(new Set(['Bearer hf_secret']));
    expect([seen.length, new Set(seen)]).toEqual([PIECES + 1, new Set([undefined])]);
  });

  it('sends another file than was published: it is deleted, and the next download starts anew', async () => {
    let bytes = content.map((byte) => byte ^ 1);
    const lying = await server((request, response) => byRange(bytes)(request, response));
    const description = await describeModel(`${lying.url}m.gguf`, { sha256: sha256(content) });
    const error = await expectCode(store().download(description).finished, 'hash-mismatch');
    expect(error.details).toEqual({ file: 'm.gguf', expected: sha256(content), actual: sha256(bytes) });
    expect(await store().list()).toMatchObject([{ complete: false, storedBytes: 0 }]);
    expect((await readdir(folder, { recursive: true })).filter((name) => name.endsWith('m.gguf'))).toEqual([]);
    bytes = content;
    await store().download(description).finished;
    expect(await storedBytesOf()).toEqual(content);
  });

  it('breaks off in the middle of a long run of pieces, and stays away: whole pieces are kept', async () => {
    let bytesLeft = 20_500;
    const flaky = await server((request, response) => {
      const range = parseRange(request)!;
      const asked = range.last - range.first + 1;
      if (asked <= bytesLeft) {
        bytesLeft -= asked;
        return byRange(content)(request, response);
      }
      const head = { etag: '"v1"', 'content-range': `bytes ${range.first}-${range.last}/${content.length}` };
      response.writeHead(206, { ...head, 'content-length': asked });
      response.write(content.subarray(range.first, range.first + bytesLeft), () => response.destroy());
      bytesLeft = 0;
    });
    const description = await describeModel(`${flaky.url}m.gguf`, { sha256: sha256(content) });
    const single = store({ connections: 1, pieceBytes: 1000 });
    const { hub } = patience();
    await expectCode(single.download(description, { hub: { ...hub, retries: 2 } }).finished, 'network');
    expect(await single.list()).toMatchObject([{ storedBytes: 20_000 }]);
    bytesLeft = Number.POSITIVE_INFINITY;
    await single.download(description).finished;
    expect(parts(flaky).at(-1)).toMatch(/bytes=9\d000-99999$/);
    expect(await storedBytesOf()).toEqual(content);
  });

  it('has another size than was published', async () => {
    const hub = await serveHub(
      'o/r',
      { 'm.gguf': content },
      {
        intercept: (_, request, response) => {
          byRange(content.subarray(1))(request, response);
          return true;
        },
      },
    );
    servers.push(hub);
    const description = await describeModel('hf:o/r', { endpoint: hub.url });
    await expectCode(store().download(description).finished, 'source-changed');
  });

  it('goes away, and comes back', async () => {
    let up = false;
    const asking: ServerResponse[] = [];
    const flaky = await server((request, response) => {
      if (up || parseRange(request)!.first < 4 * PIECE) byRange(content)(request, response);
      // Each of the four connections has stored its first piece when it asks for another.
      else if (asking.push(response) >= 4) for (const one of asking) one.destroy();
    });
    const description = await describeModel(`${flaky.url}m.gguf`, { sha256: sha256(content) });
    const { hub } = patience();
    await expectCode(store().download(description, { hub: { ...hub, retries: 2 } }).finished, 'network');
    const [partial] = await store().list();
    expect(partial).toMatchObject({ complete: false, storedBytes: 4 * PIECE });
    up = true;
    const before = parts(flaky).length;
    await store().download(partial!, { hub }).finished;
    expect(parts(flaky).length - before).toBe(PIECES - 4);
    expect(await storedBytesOf()).toEqual(content);
  });
});

describe('a disk', () => {
  it('that is too small is known before anything is fetched', async () => {
    const good = await server(byRange(content));
    const small = changedStore({ availableBytes: async () => 99_999 });
    const error = await expectCode(small.download(await describeModel(`${good.url}m.gguf`)).finished, 'storage-full');
    expect(error.details).toEqual({ needed: 100_000, available: 99_999 });
    expect(parts(good)).toEqual([]);
  });

  it('that fills midway keeps what it took, and the download goes on when there is room', async () => {
    const good = await server(byRange(content));
    const backing = nodeStoreBacking(folder);
    let room = 50_000;
    const filling = changedStore({
      availableBytes: async () => undefined,
      async openWriter(path) {
        const writer = await backing.openWriter(path);
        return {
          ...writer,
          async write(offset, bytes) {
            if (bytes.length > room) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
            room -= bytes.length;
            await writer.write(offset, bytes);
          },
        };
      },
    });
    const description = await describeModel(`${good.url}m.gguf`, { sha256: sha256(content) });
    const error = await expectCode(filling.download(description).finished, 'storage-full');
    const stored = 6 * PIECE;
    expect(error.details).toEqual({ needed: content.length - stored, available: undefined });
    room = Number.POSITIVE_INFINITY;
    await filling.download(description).finished;
    expect(await storedBytesOf()).toEqual(content);
  });

  it('from which a part of an unfinished file was lost is looked at again', async () => {
    let answers = 0;
    const flaky = await server((request, response) =>
      answers++ < 9 ? byRange(content)(request, response) : response.destroy(),
    );
    const description = await describeModel(`${flaky.url}m.gguf`, { sha256: sha256(content) });
    const { hub } = patience();
    await expectCode(store().download(description, { hub: { ...hub, retries: 0 } }).finished, 'network');
    const [file] = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('m.gguf'));
    await truncate(join(folder, file!), PIECE + 1);
    answers = Number.NEGATIVE_INFINITY;
    await store().download(description).finished;
    expect(await storedBytesOf()).toEqual(content);
  });

  it('on which a record was damaged is used from the start', async () => {
    await download(byRange(content));
    const [record] = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('record.json'));
    await writeFile(join(folder, record!), '{"format":1,"sou');
    expect(await store().list()).toEqual([]);
    await download(byRange(content));
    expect(await store().list()).toHaveLength(1);
  });
});

describe('processes', () => {
  const child = fileURLToPath(new URL('../../testing/store-child.ts', import.meta.url));
  function start(url: string) {
    const args = ['--conditions=@tama/source', child, folder, `${url}m.gguf`, String(PIECE), sha256(content)];
    const process_ = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    return { child: process_, lines: createInterface({ input: process_.stdout }) };
  }
  const ended = ({ child }: ReturnType<typeof start>) =>
    new Promise<number | null>((resolve) => child.on('exit', resolve));

  it('that are killed leave what they stored to the next, and no lock', async () => {
    const held: ServerResponse[] = [];
    let hold = true;
    const slow = await server((request, response) => {
      if (hold && parseRange(request)!.first >= 5 * PIECE) held.push(response);
      else byRange(content)(request, response);
    });
    const first = start(slow.url);
    await expect.poll(() => held.length).toBe(2);
    // The pieces before those two have been recorded when their connections ask for the next.
    first.child.kill('SIGKILL');
    await ended(first);
    expect((await readdir(folder)).some((name) => name.endsWith('.lock'))).toBe(true);
    hold = false;
    const before = parts(slow).length;
    const [partial] = await store().list();
    await store().download(partial!).finished;
    expect(parts(slow).length - before).toBe(PIECES - 5);
    expect(await storedBytesOf()).toEqual(content);
    expect((await readdir(folder)).some((name) => name.endsWith('.lock'))).toBe(false);
  });

  it('that want the same model share one download', async () => {
    let hold = true;
    const held: (() => void)[] = [];
    const slow = await server((request, response) => {
      const answer = () => byRange(content)(request, response);
      if (hold && parseRange(request)!.first >= 5 * PIECE) held.push(answer);
      else answer();
    });
    const both = [start(slow.url), start(slow.url)];
    // One of them waits for the other, and sees how far it is.
    await Promise.any(
      both.map(async ({ lines }) => {
        for await (const line of lines) if (line.includes('"wait"')) return line;
        throw new Error('it did not wait');
      }),
    );
    hold = false;
    for (const answer of held.splice(0)) answer();
    expect(await Promise.all(both.map(ended))).toEqual([0, 0]);
    expect(parts(slow)).toHaveLength(PIECES);
    expect(await storedBytesOf()).toEqual(content);
  });
});
