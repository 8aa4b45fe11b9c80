import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityProblems } from './axe.ts';
import { launchBrowser, openPage } from './browser.ts';
import { ChatPage } from './chat-page.ts';
import { serveSite } from './site.ts';

let site: Awaited<ReturnType<typeof serveSite>>;
let browser: Browser;

beforeAll(async () => {
  site = await serveSite();
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

const looks = [
  { locale: 'en-US', colorScheme: 'light', viewport: { width: 1280, height: 800 }, name: 'a desktop, in English' },
  {
    locale: 'ja-JP',
    colorScheme: 'dark',
    viewport: { width: 390, height: 780 },
    name: 'a phone, in Japanese and dark',
  },
] as const;

/** The buttons that open them. */
const panels = [/^(Chats|チャット一覧)$/, /^(Settings|設定)$/, /^(Model|モデル): /];

// Reduced motion: a panel that is still sliding in has not its final contrast.
describe.each(looks)('on $name', ({ name: _, ...options }) => {
  const look = { ...options, reducedMotion: 'reduce' as const };

  it('axe finds nothing, on the first page, in a conversation and in every panel; no two buttons have one name', async () => {
    const { page, complaints } = await openPage(browser, site.url, look);
    const chat = new ChatPage(page);
    await chat.modelIsReady();
    expect(await accessibilityProblems(page)).toEqual([]);

    await chat.say('こんにちは');
    await chat.replies.first().locator('summary').click();
    expect(await accessibilityProblems(page)).toEqual([]);

    for (const panel of panels) {
      await chat.button(panel).click();
      await page.getByRole('dialog').waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
      const buttons = page.getByRole('dialog').getByRole('button');
      const names = await buttons.evaluateAll((all) =>
        all.map(({ ariaLabel, textContent }) => ariaLabel ?? textContent),
      );
      expect(names).toEqual([...new Set(names)]);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it.each(['licence', 'nowhere'])('axe finds nothing on /%s', async (path) => {
    const { page, complaints } = await openPage(browser, new URL(path, site.url).href, {
      ...look,
      allow: /status of 404/,
    });
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it.each([look.viewport, { width: 320, height: 568 }])(
    'nothing is wider than a window of $width, and the page begins at its beginning',
    async (viewport) => {
      const { page } = await openPage(browser, site.url, { ...look, viewport });
      const chat = new ChatPage(page);
      await chat.modelIsReady();
      const width = () => page.evaluate(() => document.documentElement.scrollWidth);
      expect(await width()).toBe(viewport.width);
      expect(await page.getByRole('main').evaluate((main) => main.scrollTop)).toBe(0);

      await chat.say('緑茶が好きです。'.repeat(8));
      await chat.replies.first().locator('summary').click();
      expect(await width()).toBe(viewport.width);
      for (const panel of panels) {
        await chat.button(panel).click();
        const boxes = await page.getByRole('dialog').evaluate((dialog) => {
          const right = dialog.getBoundingClientRect().right;
          const reaching = Array.from(dialog.querySelectorAll('*'), (inside) => inside.getBoundingClientRect().right);
          return { right, furthest: Math.max(...reaching) };
        });
        expect(boxes.furthest).toBeLessThanOrEqual(boxes.right);
        await page.keyboard.press('Escape');
      }
      await page.context().close();
    },
  );
});

describe('the language', () => {
  it("is the browser's, can be switched, and stays switched on every page", async () => {
    const { page, complaints } = await openPage(browser, site.url, { locale: 'ja-JP' });
    const chat = new ChatPage(page);
    const language = () => page.evaluate(() => document.documentElement.lang);
    await page.getByRole('heading', { name: '一文、書いてみてください。' }).waitFor();
    expect(await language()).toBe('ja');

    await chat.button('設定').click();
    await page.getByRole('combobox', { name: '言語' }).selectOption('en');
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    expect(await language()).toBe('en');

    await page.reload();
    await page.getByRole('heading', { name: 'Write a sentence.' }).waitFor();
    await page.goto(new URL('licence', site.url).href);
    await page.getByRole('heading', { name: 'Licences and notices' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('the theme', () => {
  const ground = () => getComputedStyle(document.documentElement).backgroundColor;

  it("is the system's until another is chosen, and is there before the first paint", async () => {
    const { page, complaints } = await openPage(browser, site.url, { colorScheme: 'light' });
    const chat = new ChatPage(page);
    const light = await page.evaluate(ground);
    await chat.button('Settings').click();
    await page.getByRole('combobox', { name: 'Theme' }).selectOption('dark');
    const dark = await page.evaluate(ground);
    expect(dark).not.toBe(light);

    // Without scripts but the one in the head: what is painted before the rest has loaded.
    await page.route('**/_next/static/chunks/*.js', (route) => route.fulfill({ body: '' }));
    await page.reload();
    expect(await page.evaluate(ground)).toBe(dark);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('the page', () => {
  it('says without JavaScript that it needs it', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(site.url);
    expect(await page.locator('noscript').textContent()).toMatch(/needs JavaScript[\s\S]*JavaScriptが必要です/);
    await context.close();
  });

  it('lets no script run that is not its own', async () => {
    const { page } = await openPage(browser, site.url);
    const ran = await page.evaluate(async () => {
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      document.body.append(script);
      const image = document.createElement('img');
      image.setAttribute('onerror', 'window.ran = true');
      image.src = 'data:,';
      document.body.append(image);
      await new Promise((resolve) => image.addEventListener('error', resolve, { once: true }));
      return 'ran' in window;
    });
    expect(ran).toBe(false);
    await page.context().close();
  });

  it('carries its policy with it, for hosts that send no headers', async () => {
    const response = await fetch(site.url);
    const html = await response.text();
    const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'self'( 'sha256-[^']+')+;/);
    // It must stand before every script it is to rule.
    expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<script'));
  });
});
