import { cpSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  gemmaTrainer,
  leadingPieces,
  modelProto,
  type PieceRow,
} from '../../../packages/tokenizer/src/testing/model-proto-writer.ts';
import { PieceKind } from '../../../packages/tokenizer/src/vocabulary.ts';
import { launchBrowser, openPage, type WatchedPage } from './browser.ts';
import { ChatPage } from './chat-page.ts';
import { serveSite } from './site.ts';

const fixtures = path.join(import.meta.dirname, '../../../fixtures');

/** What lies where on the reader's disk: fixtures by their names, or a text. */
const models = {
  preset: { '.': 'tiny/keras', 'assets/tokenizer/vocabulary.spm': tokenizer() },
  checkpoint: { 'gemma2-2b': 'tiny/orbax_zarr2', 'tokenizer.model': tokenizer(), '.cache/old.gguf': '' },
  torch: { '.': 'tiny/pytorch', 'tokenizer.model': tokenizer(), '.git/objects/pack.bin': 'not a model' },
  notes: { 'notes.txt': 'nothing to see' },
};

/** A vocabulary whose first ids, all that the tiny models know, are enough to write to them. */
function tokenizer(): Uint8Array {
  const [pad, eos, bos, unknown, ...bytes] = leadingPieces as [PieceRow, PieceRow, PieceRow, PieceRow, ...PieceRow[]];
  const marks = ['<start_of_turn>', '<end_of_turn>', '\n'].map((text): PieceRow => [text, 0, PieceKind.userDefined]);
  const letters = [...'abcdefghijklmnopqrstuvwxyz▁'].map((text, index): PieceRow => [text, -index, PieceKind.normal]);
  return modelProto({ pieces: [pad, eos, bos, unknown, ...marks, ...letters, ...bytes], trainer: gemmaTrainer });
}

let disk: string;
let site: Awaited<ReturnType<typeof serveSite>>;
let browser: Browser;
let watched: WatchedPage;

beforeAll(async () => {
  disk = mkdtempSync(path.join(tmpdir(), 'tama folders '));
  for (const [name, contents] of Object.entries(models))
    for (const [place, content] of Object.entries(contents)) {
      const to = path.join(disk, name, place);
      mkdirSync(path.dirname(to), { recursive: true });
      if (typeof content === 'string' && content.startsWith('tiny/'))
        cpSync(path.join(fixtures, content), to, { recursive: true });
      else writeFileSync(to, content);
    }
  cpSync(path.join(disk, 'preset'), path.join(disk, 'damaged'), { recursive: true });
  truncateSync(path.join(disk, 'damaged/model.weights.h5'), 400_000);
  site = await serveSite();
  browser = await launchBrowser();
  watched = await openPage(browser, site.url);
  await new ChatPage(watched.page).modelIsReady();
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
  if (disk) rmSync(disk, { recursive: true });
});

async function choose(page: Page, folder: string): Promise<void> {
  await page.locator('.tama-model-button').click();
  await page.locator('[data-open=folder]').setInputFiles(path.join(disk, folder));
}

/** Lets files go over the page, by the browser's own door: the page sees real entries of folders. */
async function drop(page: Page, ...names: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const files = names.map((name) => path.join(disk, name));
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', {
      type,
      x: 300,
      y: 300,
      data: { items: [], files, dragOperationsMask: 1 },
    });
  await session.detach();
}

/** The model that is named on the page answers: with nonsense, as its weights are random. */
async function answers(page: Page, name: string): Promise<void> {
  const chat = new ChatPage(page);
  await page.locator('.tama-model-button').getByText(name).waitFor();
  await chat.modelIsReady();
  await chat.button('New chat').click();
  await chat.stopAtFirstToken();
  await chat.type('hi');
  expect((await chat.reply(0)).ids.length).toBeGreaterThan(0);
}

describe('a folder of the reader', () => {
  it.each(['preset', 'checkpoint', 'torch'] as const)(
    'that is chosen is opened in place and answers: %s',
    async (name) => {
      await choose(watched.page, name);
      await answers(watched.page, name);
      expect(watched.complaints).toEqual([]);
    },
  );

  it('that is dropped is read to its end', async () => {
    await drop(watched.page, 'preset');
    await answers(watched.page, 'preset');
    await drop(watched.page, 'checkpoint');
    await answers(watched.page, 'checkpoint');
    await drop(watched.page, 'checkpoint/gemma2-2b', 'checkpoint/tokenizer.model');
    await answers(watched.page, 'files');
    expect(watched.complaints).toEqual([]);
  });
});

it('what is no model, or a damaged one, is said in Japanese', async () => {
  const { page } = await openPage(browser, site.url, { locale: 'ja-JP' });
  await new ChatPage(page).modelIsReady();
  await choose(page, 'notes');
  const alert = page.getByRole('alert');
  await alert.getByText('モデルとして読めるファイルがありませんでした').waitFor();
  await page.keyboard.press('Escape');
  await drop(page, 'notes');
  await alert.getByText('モデルとして読めるファイルがありませんでした').waitFor();
  await drop(page, 'damaged');
  await alert.getByText(/「model\.weights\.h5」/).waitFor();
  await page.context().close();
});
