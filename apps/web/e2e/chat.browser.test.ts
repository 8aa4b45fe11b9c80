import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser, openPage, type WatchedPage } from './browser.ts';
import { ChatPage, InputMethod } from './chat-page.ts';
import { golden } from './goldens.ts';
import { serveSite } from './site.ts';

const demoFile = path.join(import.meta.dirname, '../../../models/demo/tama-demo-Q8_0.gguf');

let site: Awaited<ReturnType<typeof serveSite>>;
let browser: Browser;
let watched: WatchedPage;
let chat: ChatPage;

beforeAll(async () => {
  site = await serveSite();
  browser = await launchBrowser();
  watched = await openPage(browser, site.url, { permissions: ['clipboard-read', 'clipboard-write'] });
  chat = new ChatPage(watched.page);
  await chat.modelIsReady();
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

beforeEach(() => chat.button('New chat').click());
afterEach(() => expect(watched.complaints).toEqual([]));

describe('a conversation with the demo model', () => {
  it('is the published one, id by id, over three turns', async () => {
    const { users, replies } = golden('Hello!', 'How are you?', 'I want to go to the sea with my friends.');
    for (const [turn, text] of users.entries()) {
      expect(await chat.say(text)).toEqual({ state: 'complete', ...replies[turn] });
    }
  });

  it('is the published one when it is typed with a Japanese input method', async () => {
    const { users, replies } = golden('こんにちは', '彼は毎朝六時に起きます。', 'ありがとう');
    const inputMethod = await InputMethod.of(watched.page);
    const readings = [
      ['ｋ', 'こ', 'こん', 'こんに', 'こんにち', 'こんにちは'],
      ['かれは', '彼は', '彼はまいあさ', '彼は毎朝', '彼は毎朝ろくじに', '彼は毎朝六時に起きます。'],
      ['あ', 'ありが', 'ありがとう'],
    ];
    for (const [turn, text] of users.entries()) {
      await chat.field.focus();
      await inputMethod.compose(...(readings[turn] ?? []));
      await inputMethod.press('Space');
      // The Enter that confirms a conversion does not send, and neither does the one that Safari calls finished.
      await inputMethod.press('Enter');
      expect(await chat.replies.count()).toBe(turn);
      await inputMethod.confirm(text);
      const wasTaken = await chat.field.evaluate((field) => {
        const event = new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true });
        return !field.dispatchEvent(event);
      });
      expect(wasTaken).toBe(false);
      expect(await chat.replies.count()).toBe(turn);
      expect(await chat.field.inputValue()).toBe(text);

      await watched.page.keyboard.press('Enter');
      expect(await chat.reply(turn)).toEqual({ state: 'complete', ...replies[turn] });
    }
  });

  it('begins with an example, and keeps the lines of a haiku', async () => {
    await chat.button(/俳句を詠んで/).click();
    expect(await chat.reply(0)).toEqual({ state: 'complete', ...golden('俳句を詠んで').replies[0] });
    expect(await chat.field.evaluate((field) => field === document.activeElement)).toBe(true);
  });
});

describe('the message field', () => {
  it('breaks the line on Shift+Enter and grows', async () => {
    const height = async () => (await chat.field.boundingBox())?.height ?? 0;
    const before = await height();
    await chat.field.click();
    await watched.page.keyboard.type('one');
    await watched.page.keyboard.press('Shift+Enter');
    await watched.page.keyboard.type('two');
    expect(await chat.field.inputValue()).toBe('one\ntwo');
    expect(await height()).toBeGreaterThan(before * 1.4);
    expect(await chat.replies.count()).toBe(0);
    await chat.field.fill('');
  });
});

describe('a reply', () => {
  it('stops when it is told to, and the next one is whole', async () => {
    const [whole] = golden('Who are you?').replies;
    await chat.stopAtFirstToken();
    await chat.type('Who are you?');
    const stopped = await chat.reply(0);
    expect(stopped.state).toBe('stopped');
    expect(whole?.text.startsWith(stopped.text)).toBe(true);
    expect(stopped.text.length).toBeLessThan(whole?.text.length ?? 0);

    await chat.button('New chat').click();
    const next = golden('I like green tea.');
    expect(await chat.say('I like green tea.')).toEqual({ state: 'complete', ...next.replies[0] });
  });

  it('is copied as the model wrote it', async () => {
    const { text } = await chat.say('緑茶が好きです。');
    await chat.replies.last().getByRole('button', { name: 'Copy', exact: true }).click();
    await chat.replies.last().getByRole('button', { name: 'Copied' }).waitFor();
    expect(await watched.page.evaluate(() => navigator.clipboard.readText())).toBe(text);
  });
});

describe('chats', () => {
  it('are there again after a reload, with what was being written, and in the list', async () => {
    const question = '日本の首都はどこですか？';
    await chat.say(question);
    await chat.field.fill('では、フランスの');
    await watched.page.reload();
    await chat.replies.first().waitFor();
    expect(await chat.replies.first().textContent()).toContain(golden(question).replies[0]?.text);
    await chat.modelIsReady();
    expect(await chat.field.inputValue()).toBe('では、フランスの');
    await chat.field.clear();
    await chat.button('Chats').click();
    await watched.page.getByRole('dialog').getByText(question).waitFor();
    await watched.page.keyboard.press('Escape');
  });

  it('are exported, deleted, and come back from the file', async () => {
    const { page } = watched;
    const question = '緑茶が好きです。';
    const { text } = await chat.say(question);
    await chat.button('Chats').click();
    const panel = page.getByRole('dialog');
    const arriving = page.waitForEvent('download');
    await panel.getByRole('button', { name: 'Export as a file' }).click();
    const file = await (await arriving).path();
    await panel.getByRole('button', { name: 'Delete all' }).click();
    await panel.getByRole('button', { name: 'Really delete all?' }).click();
    await panel.waitFor({ state: 'detached' });
    expect(await chat.replies.count()).toBe(0);

    await chat.button('Chats').click();
    await panel.getByText('No chats yet.').waitFor();
    await panel.locator('[data-open=chats]').setInputFiles(file);
    // The newest is first.
    await panel.locator('li button').first().click();
    expect(await chat.reply(0)).toMatchObject({ text, state: 'complete' });
  });
});

describe('a model file of the reader', () => {
  const open = async (files: string | { name: string; mimeType: string; buffer: Buffer }) => {
    await watched.page.locator('.tama-model-button').click();
    await watched.page.locator('[data-open=files]').setInputFiles(files);
  };

  it('that is damaged is explained, and the page goes on with the demo model', async () => {
    await open({ name: 'damaged.gguf', mimeType: '', buffer: Buffer.from('GGUF, or so it says') });
    const alert = watched.page.getByRole('alert');
    await alert.getByRole('heading', { name: 'The model could not be loaded' }).waitFor();
    expect(await chat.field.count()).toBe(0);
    await alert.getByRole('button', { name: 'Use the demo model' }).click();
    await chat.modelIsReady();
  });

  it('is read in place and answers; the demo model is called that here too', async () => {
    await open(demoFile);
    await chat.modelIsReady();
    const next = golden('I like green tea.');
    expect(await chat.say('I like green tea.')).toEqual({ state: 'complete', ...next.replies[0] });
    expect(await chat.replies.last().textContent()).toContain('not Google’s Gemma 2');
  });
});
