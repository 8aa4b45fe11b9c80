import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serveStatic } from '../../../scripts/serve-static.mjs';
import { launchBrowser, openPage } from './browser.ts';
import { ChatPage } from './chat-page.ts';
import { golden } from './goldens.ts';
import { builtSite, serveSite } from './site.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

const siteCaches = (page: Page) =>
  page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith('tama-site-')));

/** Waits until the site is kept, all of it, and returns the name of its cache. */
async function kept(page: Page): Promise<string> {
  await page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    if (active?.state !== 'activated')
      await new Promise((resolve) => active!.addEventListener('statechange', resolve, { once: true }));
  });
  const [name, ...others] = await siteCaches(page);
  expect(others).toEqual([]);
  return name!;
}

// The browser tells of every request that found no server, ours and its own for a newer service worker.
const unreachable = /ERR_CONNECTION_REFUSED|service worker script/;

it('the site opens again and the demo model answers when the server is gone', async () => {
  const site = await serveSite();
  const { page, complaints } = await openPage(browser, site.url, { allow: unreachable, reducedMotion: 'reduce' });
  try {
    const chat = new ChatPage(page);
    await chat.modelIsReady();
    await kept(page);
    const policies = () =>
      page.evaluate(() =>
        Promise.all(
          ['/', '/models/tama-demo-Q8_0.gguf'].map(async (address) => {
            const { headers } = await fetch(address);
            return [headers.get('content-security-policy'), headers.get('cross-origin-embedder-policy')];
          }),
        ),
      );
    const before = await policies();
    expect(before.flat()).not.toContain(null);

    await site.close();
    await page.reload();
    await chat.modelIsReady();
    const { replies } = golden('I like green tea.');
    expect(await chat.say('I like green tea.')).toEqual({ state: 'complete', ...replies[0] });
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(await policies()).toEqual(before);

    await page.goto(`${site.url}licence`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(complaints).toEqual([]);
  } finally {
    await page.context().close();
    await site.close();
  }
});

it('a part of a kept file is a part, and what is not kept fails', async () => {
  const site = await serveSite();
  const { page } = await openPage(browser, site.url);
  try {
    await new ChatPage(page).modelIsReady();
    await kept(page);
    await site.close();
    const ask = (address: string, range?: string) =>
      page.evaluate(
        async ([address, range]) => {
          const answer = await fetch(address!, range ? { headers: { range } } : {}).catch(() => undefined);
          if (!answer) return 'nothing';
          const { status, headers } = answer;
          const { byteLength } = await answer.arrayBuffer();
          return [status, headers.get('content-range'), byteLength];
        },
        [address, range],
      );
    const model = '/models/tama-demo-Q8_0.gguf';
    const { length } = await readFile(path.join(builtSite, model));
    expect(await ask(model)).toEqual([200, null, length]);
    expect(await ask(model, 'bytes=4-7')).toEqual([206, `bytes 4-7/${length}`, 4]);
    expect(await ask(model, `bytes=${length - 2}-${length + 9}`)).toEqual([
      206,
      `bytes ${length - 2}-${length - 1}/${length}`,
      2,
    ]);
    expect(await ask(model, `bytes=${length}-`)).toEqual([416, `bytes */${length}`, 0]);
    expect(await ask('/absent.json')).toBe('nothing');
  } finally {
    await page.context().close();
    await site.close();
  }
});

it('a newer build takes the place of the one that was kept', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tama-site-'));
  await cp(builtSite, folder, { recursive: true });
  const first = await serveStatic(folder);
  const { page } = await openPage(browser, first.url, { allow: unreachable });
  let second: typeof first | undefined;
  try {
    const chat = new ChatPage(page);
    await chat.modelIsReady();
    const older = await kept(page);
    await first.close();

    const worker = await readFile(path.join(folder, 'service-worker.js'), 'utf8');
    const newer = older.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    await writeFile(path.join(folder, 'service-worker.js'), worker.replace(older.slice(-16), newer.slice(-16)));
    await writeFile(path.join(folder, 'third-party-licences.txt'), 'newer');
    second = await serveStatic(folder, { port: first.port });
    const licences = () => page.evaluate(async () => (await fetch('/third-party-licences.txt')).text());
    await page.reload();
    // Before it is kept, too: the network comes first.
    expect(await licences()).toBe('newer');
    await chat.modelIsReady();
    await page.waitForFunction(async (name) => {
      const { installing } = (await navigator.serviceWorker.getRegistration())!;
      return installing === null && (await caches.has(name));
    }, newer);
    // The older one gives way when it is idle. A browser ends it after half a minute, but not under a debugger's eyes.
    const session = await page.context().newCDPSession(page);
    await session.send('ServiceWorker.enable');
    await session.send('ServiceWorker.stopAllWorkers');
    await expect.poll(() => siteCaches(page)).toEqual([newer]);
    await second.close();
    await page.reload();
    expect(await licences()).toBe('newer');
  } finally {
    await page.context().close();
    await second?.close();
    await rm(folder, { recursive: true });
  }
});
