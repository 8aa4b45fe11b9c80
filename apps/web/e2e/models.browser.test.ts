import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { serve } from '../../../packages/core/src/testing/model-server.ts';
import { accessibilityProblems } from './axe.ts';
import { launchBrowser, openPage, type WatchedPage } from './browser.ts';
import { ChatPage } from './chat-page.ts';
import { golden } from './goldens.ts';
import { demoBytes, reference, repository, serveHeldHub } from './held-hub.ts';
import { ModelsPage } from './models-page.ts';
import { serveSite } from './site.ts';

let site: Awaited<ReturnType<typeof serveSite>>;
let hub: Awaited<ReturnType<typeof serveHeldHub>>;
let browser: Browser;
let watched: WatchedPage;
let chat: ChatPage;
let models: ModelsPage;

beforeAll(async () => {
  site = await serveSite();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

beforeEach(async () => {
  hub = await serveHeldHub();
});
afterEach(async () => {
  await watched.page.context().close();
  await hub.close();
  expect(watched.complaints).toEqual([]);
});

/** A first visit, with the panel of models open and this hub set. Nobody but the hub may be asked for anything. */
async function visit(options: Parameters<typeof openPage>[2] = {}): Promise<void> {
  const allow = new RegExp(`^request to ${hub.url}|status of 401`);
  watched = await openPage(browser, site.url, { allow, reducedMotion: 'reduce', ...options });
  chat = new ChatPage(watched.page);
  models = new ModelsPage(watched.page);
  await chat.modelIsReady();
  await models.open();
  await models.useHub(hub.url);
}

const context = (): BrowserContext => watched.page.context();
/** Until everything has arrived but what the hub holds back. */
const untilHeld = () =>
  models
    .stored('download')
    .getByText(/4\.2 MB/)
    .waitFor();
const fileRequests = () => hub.requests.filter((request) => /resolve.* bytes=(?!0-0)/.test(request));

it('a model is downloaded with a pause, survives a reload, answers without a network, and is deleted', async () => {
  await visit();
  await models.lookUp(reference);
  await models.downloadButton.waitFor();
  expect(await models.dialog.locator('.tama-look').textContent()).toMatch(/7\.5 MB.*6\.8M.*MiB/);

  hub.hold();
  await models.downloadButton.click();
  await untilHeld();
  await models.button(/^Pause/).click();
  await models.stored('paused').waitFor();
  expect(await models.stored('paused').textContent()).toContain('4.2 MB of 7.5 MB');

  const reads: string[] = [];
  context().on('request', (request) => {
    if (request.url().startsWith(site.url) && request.url().endsWith('.gguf')) reads.push(request.url());
  });
  await watched.page.reload();
  await chat.modelIsReady();
  expect(reads.length).toBeGreaterThan(0);
  await models.open();
  await models.stored('interrupted').waitFor();
  expect(await models.stored('interrupted').textContent()).toContain(`commit ${hub.commit.slice(0, 7)}`);
  expect(await models.stored('interrupted').textContent()).toContain('4.2 MB of 7.5 MB');
  // Meanwhile the branch moves on: what was begun is finished as it was.
  hub.push({ 'tama-demo-Q8_0.gguf': new Uint8Array(demoBytes.length) });
  hub.release();
  const before = fileRequests().length;
  await models.button(/^Resume/).click();
  await models.stored('complete').waitFor();
  expect(fileRequests().length - before).toBe(2);

  // The page's own server and the hub are out of reach from here on.
  await context().setOffline(true);
  await models.button(/^Use /).click();
  await models.dialog.waitFor({ state: 'detached' });
  await chat.modelIsReady();
  const asked = hub.requests.length;
  const next = golden('I like green tea.');
  expect(await chat.say('I like green tea.')).toEqual({ state: 'complete', ...next.replies[0] });
  expect(hub.requests.length).toBe(asked);
  // The demo model has stayed warm behind it: back and forth nothing is read again, not even from a cache.
  reads.length = 0;
  for (const button of [/^Back to the demo model$/, /^Use /]) {
    await models.open();
    await models.button(button).click();
    await models.dialog.waitFor({ state: 'detached' });
    await watched.page.locator('[data-phase=ready]').waitFor();
  }
  expect(reads).toEqual([]);
  await context().setOffline(false);

  await models.open();
  await models.dialog.getByText('In use', { exact: true }).nth(1).waitFor();
  await models.button(/^Delete/).click();
  await models.button(/^Really delete 7\.5 MB\?/).click();
  await models.dialog.getByText('No model is stored yet.').waitFor();
  expect(await watched.page.evaluate(storedFiles)).toEqual([]);
});

it('the model that was used last is open again after a reload, without the hub; the demo where it cannot be', async () => {
  await visit();
  await models.lookUp(reference);
  await models.downloadButton.click();
  await models.stored('complete').waitFor();
  await models.button(/^Use /).click();
  await models.dialog.waitFor({ state: 'detached' });
  await chat.modelIsReady();

  const isInUse = async () => {
    await chat.modelIsReady();
    await models.open();
    await models.stored('complete').getByText('In use', { exact: true }).waitFor();
    await models.close();
  };
  const asked = hub.requests.length;
  await watched.page.reload();
  await isInUse();
  const next = golden('I like green tea.');
  expect(await chat.say('I like green tea.')).toEqual({ state: 'complete', ...next.replies[0] });
  expect(hub.requests.length).toBe(asked);

  // Its file is damaged: the page says so, the demo answers, and is what the next visit opens.
  await watched.page.evaluate(damageStoredFile);
  await watched.page.reload();
  const alert = watched.page.getByRole('alert').filter({ hasText: 'which you used last' });
  await alert.getByText(reference).waitFor();
  expect(await alert.textContent()).toContain('is not a model in a known format');
  await chat.modelIsReady();
  expect(await chat.say('I like green tea.')).toMatchObject({ state: 'complete', text: next.replies[0]!.text });
  expect(await accessibilityProblems(watched.page)).toEqual([]);
  await watched.page.reload();
  await chat.modelIsReady();
  expect(await alert.count()).toBe(0);
  expect(hub.requests.length).toBe(asked);
});

/** The stored GGUF loses its magic number. */
async function damageStoredFile(): Promise<void> {
  const find = async (folder: FileSystemDirectoryHandle): Promise<FileSystemFileHandle | undefined> => {
    for await (const entry of folder.values()) {
      const found = entry.kind === 'directory' ? await find(entry as FileSystemDirectoryHandle) : entry;
      if (found?.name.endsWith('.gguf')) return found as FileSystemFileHandle;
    }
    return undefined;
  };
  const file = await find(await navigator.storage.getDirectory());
  const writable = await file!.createWritable({ keepExistingData: true });
  await writable.write({ type: 'write', position: 0, data: new Uint8Array(4) });
  await writable.close();
}

/** Names of what is in the store's folder of the origin's private file system. */
async function storedFiles(): Promise<string[]> {
  const root = await navigator.storage.getDirectory();
  const names: string[] = [];
  for await (const name of (await root.getDirectoryHandle('tama-models')).keys()) names.push(name);
  return names;
}

describe('a second tab', () => {
  it('shows the download of the first, steers it, and takes it over when the first is closed', async () => {
    await visit();
    await models.lookUp(reference);
    await models.downloadButton.waitFor();
    hub.hold();
    await models.downloadButton.click();
    await untilHeld();

    const page = await context().newPage();
    await page.goto(site.url);
    const other = new ModelsPage(page);
    await other.open();
    await other.stored('download').waitFor();
    expect(await other.stored('download').textContent()).toContain('4.2 MB of 7.5 MB');
    await other.button(/^Pause/).click();
    await models.stored('paused').waitFor();
    await other.button(/^Resume/).click();
    await models.stored('download').waitFor();

    await watched.page.close();
    hub.release();
    await other.stored('complete').waitFor();
    expect(await other.stored('complete').textContent()).toContain('7.5 MB');
  });
});

describe('a model that cannot be had just so', () => {
  it('because it needs a token: it says where to get one, and does not keep it', async () => {
    hub.demandToken('hf_secret');
    await visit({ locale: 'ja-JP', colorScheme: 'dark', viewport: { width: 360, height: 740 } });
    await models.lookUp(reference);
    const alert = models.dialog.getByRole('alert');
    await alert.getByText(/ステータス401/).waitFor();
    expect(await models.dialog.getByRole('link', { name: 'モデルのページ' }).getAttribute('href')).toBe(
      `${hub.url}${repository}`,
    );
    expect(await accessibilityProblems(watched.page)).toEqual([]);
    await models.useHub(hub.url, 'hf_secret');
    await models.button(/^もう一度試す$/).click();
    await models.downloadButton.waitFor();
    expect(await watched.page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain('hf_secret');
    expect(hub.authorizations.at(-1)).toBe('Bearer hf_secret');
  });

  it('because the disk is too small: it says how much is missing, keeps nothing half, and works when there is room', async () => {
    await visit();
    const session = await context().newCDPSession(watched.page);
    const { origin } = new URL(site.url);
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 3_000_000 });
    await models.lookUp(reference);
    await models.downloadButton.click();
    await models.dialog
      .getByRole('alert')
      .getByText(/more bytes of storage/)
      .waitFor();
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    await models.button(/^Resume/).click();
    await models.stored('complete').waitFor();
  });

  it('because its server has no ranges: the download is all it offers, and the model then works', async () => {
    // Larger than what is read whole without ranges; what follows the last tensor is nobody's.
    const bytes = Buffer.concat([demoBytes, new Uint8Array(33 * 2 ** 20)]);
    const server = await serve(
      (_, response) => void response.writeHead(200, { 'content-length': bytes.length }).end(bytes),
      { cors: true },
    );
    try {
      await visit({ allow: new RegExp(`^request to ${server.url}`) });
      await models.lookUp(`${server.url}m.gguf`);
      await models.dialog.getByText(/sends this file only as a whole/).waitFor();
      await models.downloadButton.click();
      await models.stored('complete').waitFor();
      await models.button(/^Use m\.gguf/).click();
      await models.dialog.waitFor({ state: 'detached' });
      await chat.modelIsReady();
      await watched.page.locator('.tama-model-button').getByText(/demo/i).waitFor();
    } finally {
      await server.close();
    }
  });

  it('because nobody answers at the address: it says so', async () => {
    await visit();
    await models.lookUp('hf:someone/else');
    await models.dialog
      .getByRole('alert')
      .getByText(/no model 'someone\/else'/)
      .waitFor();
  });
});

describe.each([
  { locale: 'en-US', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { locale: 'ja-JP', colorScheme: 'dark', viewport: { width: 360, height: 740 } },
] as const)('in $locale, $colorScheme, $viewport.width wide', (look) => {
  it('axe finds nothing before, during and after a download, and nothing is wider than the panel', async () => {
    await visit(look);
    const check = async () => {
      expect(await accessibilityProblems(watched.page)).toEqual([]);
      const { inside, width } = await models.dialog
        .locator('.tama-panel-body')
        .evaluate((body) => ({ inside: body.scrollWidth, width: body.clientWidth }));
      expect(inside).toBeLessThanOrEqual(width);
    };
    await check();
    await models.lookUp(reference);
    await models.downloadButton.waitFor();
    await check();
    hub.hold();
    await models.downloadButton.click();
    await untilHeld();
    await check();
    await models.close();
    expect(await accessibilityProblems(watched.page)).toEqual([]);
    hub.release();
    await watched.page
      .locator('.tama-download-notice')
      .getByRole('button', { name: /^(Use|使う)$/ })
      .waitFor();
    await models.open();
    await models.stored('complete').waitFor();
    await check();
  });
});
