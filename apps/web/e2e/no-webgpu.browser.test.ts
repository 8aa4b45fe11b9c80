import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityProblems } from './axe.ts';
import { launchBrowser, openPage } from './browser.ts';
import { ChatPage } from './chat-page.ts';
import { serveSite } from './site.ts';

let site: Awaited<ReturnType<typeof serveSite>>;

beforeAll(async () => {
  site = await serveSite();
});
afterAll(() => site?.close());

const problem = (page: Page, heading: string) =>
  page.getByRole('alert').filter({ has: page.getByRole('heading', { name: heading }) });

describe('a browser without a graphics adapter', () => {
  it('is told so in its language, with a way out, and the page stays usable', async () => {
    const browser = await launchBrowser({ webgpu: false });
    try {
      const { page, complaints } = await openPage(browser, site.url, {
        locale: 'ja-JP',
        allow: /No available adapters/,
      });
      const alert = problem(page, 'グラフィックアダプターが見つかりません');
      await alert.waitFor();
      expect(await alert.getAttribute('data-code')).toBe('no-adapter');
      expect(await alert.textContent()).toContain('Tamaが動くブラウザー');
      expect(await new ChatPage(page).field.count()).toBe(0);
      expect(await accessibilityProblems(page)).toEqual([]);

      await alert.getByRole('button', { name: 'もう一度試す' }).click();
      await alert.waitFor();
      await page.getByRole('button', { name: '設定' }).click();
      await page.getByRole('combobox', { name: '言語' }).selectOption('en');
      await page.keyboard.press('Escape');
      await problem(page, 'No graphics adapter was found').waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});

describe('a page that is not secure, from which browsers hide WebGPU', () => {
  it('is told so', async () => {
    const { hostname, port } = new URL(site.url);
    const browser = await launchBrowser({ args: [`--host-resolver-rules=MAP tama.test ${hostname}`] });
    try {
      const { page } = await openPage(browser, `http://tama.test:${port}/`);
      const alert = problem(page, 'This browser has no WebGPU');
      await alert.waitFor();
      expect(await alert.getAttribute('data-code')).toBe('webgpu-missing');
      expect(await alert.textContent()).toContain('https or on localhost');
      expect(await accessibilityProblems(page)).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
