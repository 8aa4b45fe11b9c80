import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serveHub } from '../../../packages/core/src/testing/fake-hub.ts';
import { folderFiles } from '../../../packages/core/src/testing/folder-files.ts';
import { serve } from '../../../packages/core/src/testing/model-server.ts';
import { launchBrowser, openPage } from './browser.ts';
import { ChatPage } from './chat-page.ts';
import { ModelsPage } from './models-page.ts';
import { serveSite } from './site.ts';

const fixtures = path.join(import.meta.dirname, '../../../fixtures');
const repository = 'someone/tiny-orbax';

let site: Awaited<ReturnType<typeof serveSite>>;
let hub: Awaited<ReturnType<typeof serveHub>>;
let browser: Browser;

beforeAll(async () => {
  site = await serveSite();
  const tokenizer = folderFiles(path.join(fixtures, 'tokenizer'))['tokenizer.json']!;
  const files = { ...folderFiles(path.join(fixtures, 'tiny/orbax_ocdbt')), 'tokenizer.json': tokenizer };
  hub = await serveHub(repository, files, { cors: true });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await hub?.close();
  await site?.close();
});

/** Looks a checkpoint up that is compressed with zstd. */
async function lookUp(page: Page): Promise<ModelsPage> {
  const models = new ModelsPage(page);
  await new ChatPage(page).modelIsReady();
  await models.open();
  await models.useHub(hub.url);
  await models.lookUp(`hf:${repository}`);
  return models;
}

it('an Orbax checkpoint is looked up, downloaded and used under the policy of the site', async () => {
  const { page, complaints } = await openPage(browser, site.url, { allow: new RegExp(`^request to ${hub.url}`) });
  const models = await lookUp(page);
  await models.downloadButton.click();
  await models.stored('complete').waitFor();
  await models.button(/^Use /).click();
  await models.dialog.waitFor({ state: 'detached' });
  await page.locator('.tama-model-button').getByText(/orbax/i).waitFor();
  await new ChatPage(page).modelIsReady();
  await models.open();
  await models.stored('complete').getByText('In use', { exact: true }).waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('a policy that forbids WebAssembly is named, with what to do', async () => {
  const strict = await serve(async (request, response) => {
    const answer = await fetch(new URL(request.url!, site.url));
    const policy = answer.headers.get('content-security-policy')!.replace(" 'wasm-unsafe-eval'", '');
    response.writeHead(answer.status, {
      ...Object.fromEntries(answer.headers),
      'content-security-policy': policy,
    });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  try {
    const { page } = await openPage(browser, strict.url, { locale: 'ja-JP' });
    const models = await lookUp(page);
    const alert = models.dialog.getByRole('alert');
    await alert.getByText(/'wasm-unsafe-eval'/).waitFor();
    expect(await alert.textContent()).toContain('WebAssembly');
    await page.context().close();
  } finally {
    await strict.close();
  }
});
