import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StoreCalls } from '../../testing/browser-store.ts';
import { sha256 } from '../../testing/fake-hub.ts';
import { byRange, type ModelServer, parseRange, serve } from '../../testing/model-server.ts';
import { seededRandom } from '../../testing/random.ts';
import { serveSource } from '../../testing/serve-source.ts';

const random = seededRandom(5);
const content = Uint8Array.from({ length: 100_000 }, () => random() * 256);
const hash = sha256(content);
const PIECE = 8192;
const PIECES = Math.ceil(content.length / PIECE);

let browser: Browser;
let context: BrowserContext;
let server: ModelServer;
/** Parts from this byte on are not answered until it is set higher. */
let holdFrom = Number.POSITIVE_INFINITY;
let held: (() => void)[] = [];

beforeAll(async () => {
  const executablePath = process.env.TAMA_CHROMIUM;
  if (!executablePath) throw new Error('No Chromium was found. Install one, or name it in TAMA_CHROMIUM.');
  browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--headless=new', '--disable-background-networking', '--no-first-run'],
  });
});
afterAll(() => browser?.close());

beforeEach(async () => {
  holdFrom = Number.POSITIVE_INFINITY;
  held = [];
  server = await serve((request, response) => {
    if (request.url === '/')
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>');
    if (!request.url!.endsWith('.gguf')) return void serveSource(request.url!, response);
    const answer = () => byRange(content)(request, response);
    if ((parseRange(request)?.first ?? 0) >= holdFrom) held.push(answer);
    else answer();
  });
  context = await browser.newContext();
  context.setDefaultTimeout(120_000);
});
afterEach(async () => {
  await context.close();
  await server.close();
});

function release() {
  holdFrom = Number.POSITIVE_INFINITY;
  for (const answer of held.splice(0)) answer();
}

const parts = () => server.requests.filter((request) => /gguf bytes=/.test(request) && !request.endsWith('=0-0'));

type Tab = { readonly page: Page; readonly calls: StoreCalls };

const inPage = `
  import { calls } from '/core/src/testing/browser-store.ts';
  globalThis.call = (name, args) => calls[name](...args);
`;
const inWorker = `
  const worker = new Worker('/core/src/testing/browser-store-worker.ts', { type: 'module' });
  const waiting = [];
  worker.onmessage = ({ data: { id, answer, error } }) => {
    if (error) waiting[id].reject(new Error(error));
    else waiting[id].resolve(answer);
  };
  globalThis.call = (name, args) => {
    const call = Promise.withResolvers();
    worker.postMessage({ id: waiting.push(call) - 1, name, args });
    return call.promise;
  };
`;

type WithCall = typeof globalThis & { call?: (name: string, args: readonly unknown[]) => Promise<unknown> };

/** A page of the site whose store is used by itself, or by a worker of it. */
async function openTab(where: 'page' | 'worker'): Promise<Tab> {
  const page = await context.newPage();
  await page.goto(server.url);
  await page.addScriptTag({ type: 'module', content: where === 'page' ? inPage : inWorker });
  await page.waitForFunction(() => 'call' in globalThis);
  const call = (name: string, args: readonly unknown[]) =>
    page.evaluate(([name, args]) => (globalThis as WithCall).call!(name, args), [name, args] as const);
  const calls = new Proxy({} as StoreCalls, {
    get:
      (_, name) =>
      (...args: readonly unknown[]) =>
        call(String(name), args),
  });
  return { page, calls };
}

const start = ({ calls }: Tab) => calls.start(`${server.url}m.gguf`, hash, PIECE);
const storedBytes = async ({ calls }: Tab) => (await calls.list())[0]?.storedBytes;

describe.each(['worker', 'page'] as const)('the store of a browser, in a %s', (where) => {
  it('downloads, verifies, lists, opens and removes a model', async () => {
    const tab = await openTab(where);
    await start(tab);
    expect(await tab.calls.finished()).toMatchObject({ complete: true, storedBytes: content.length });
    expect(parts()).toHaveLength(PIECES);
    const phases = new Set((await tab.calls.seen()).map(({ phase }) => phase));
    expect([...phases]).toEqual(['download', 'verify', 'done']);
    expect(await tab.calls.list()).toMatchObject([{ name: 'm.gguf', complete: true }]);
    expect(await tab.calls.hash('m.gguf')).toBe(hash);
    await start(tab);
    await tab.calls.finished();
    expect(parts()).toHaveLength(PIECES);
    await tab.calls.remove('m.gguf');
    expect(await tab.calls.list()).toEqual([]);
  });

  it('notices that the room has run out, and goes on when there is some', async () => {
    const tab = await openTab(where);
    const session = await context.newCDPSession(tab.page);
    const { origin } = new URL(server.url);
    // Chromium's estimate() still promises gigabytes: the first that is not written tells.
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 50_000 });
    await start(tab);
    expect(await tab.calls.finished()).toMatchObject({ code: 'storage-full', details: { needed: content.length } });
    if (where === 'worker') expect(parts()).toEqual([]);
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    await start(tab);
    expect(await tab.calls.finished()).toMatchObject({ complete: true });
    expect(await tab.calls.hash('m.gguf')).toBe(hash);
  });

  it('pauses, keeps what has arrived, and goes on', async () => {
    holdFrom = 5 * PIECE;
    const tab = await openTab(where);
    await start(tab);
    await expect.poll(() => held.length).toBe(2);
    await tab.calls.command('pause');
    await expect.poll(() => storedBytes(tab)).toBe(5 * PIECE);
    const before = parts().length;
    release();
    await tab.calls.command('resume');
    expect(await tab.calls.finished()).toMatchObject({ complete: true });
    expect(parts().length - before).toBe(PIECES - 5);
    expect(await tab.calls.hash('m.gguf')).toBe(hash);
  });
});

describe('two tabs', () => {
  it('share one download, see its progress, and cancel it together', async () => {
    holdFrom = 5 * PIECE;
    const [one, two] = [await openTab('worker'), await openTab('worker')];
    await start(one);
    await expect.poll(() => held.length).toBe(2);
    await start(two);
    holdFrom = 6 * PIECE;
    for (const answer of held.splice(0)) answer();
    await expect.poll(async () => (await two.calls.seen()).at(-1)?.bytes ?? 0).toBeGreaterThan(5 * PIECE);
    expect(parts().length).toBeLessThan(PIECES);
    await two.calls.command('cancel');
    expect(await Promise.all([one.calls.finished(), two.calls.finished()])).toMatchObject([
      { code: 'download-cancelled' },
      { code: 'download-cancelled' },
    ]);
    expect(await one.calls.list()).toEqual([]);

    release();
    await Promise.all([start(one), start(two)]);
    const before = parts().length;
    const both = await Promise.all([one.calls.finished(), two.calls.finished()]);
    expect(both).toMatchObject([{ complete: true }, { complete: true }]);
    expect(parts().length - before).toBeLessThanOrEqual(PIECES);
    expect(await two.calls.hash('m.gguf')).toBe(hash);
  });

  it('take over from each other: when one is closed, the other goes on from what it stored', async () => {
    holdFrom = 5 * PIECE;
    const [one, two] = [await openTab('worker'), await openTab('worker')];
    await start(one);
    await expect.poll(() => storedBytes(two)).toBe(5 * PIECE);
    await start(two);
    await one.page.close();
    const before = parts().length;
    release();
    expect(await two.calls.finished()).toMatchObject({ complete: true });
    expect(parts().length - before).toBeLessThanOrEqual(PIECES - 5);
    expect(await two.calls.hash('m.gguf')).toBe(hash);
  });

  it('read one model side by side, and it is not removed meanwhile', async () => {
    const [one, two] = [await openTab('worker'), await openTab('worker')];
    await start(one);
    await one.calls.finished();
    await one.calls.hold('m.gguf');
    expect(await two.calls.hash('m.gguf')).toBe(hash);
    expect(await two.calls.remove('m.gguf')).toMatchObject({ code: 'model-busy' });
    expect(await one.calls.hash('m.gguf')).toBe(hash);
    await one.calls.release();
    await two.calls.remove('m.gguf');
    expect(await one.calls.list()).toEqual([]);
  });

  it('read one model side by side where the browser lets only one do so synchronously', async () => {
    const [one, two] = [await openTab('worker'), await openTab('worker')];
    await start(one);
    await one.calls.finished();
    await one.calls.holdAlone('m.gguf');
    expect(await two.calls.hash('m.gguf')).toBe(hash);
    await one.calls.release();
  });
});
