import { readFile } from 'node:fs/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { loadGemma } from '../load-gemma.ts';
import { fixture } from '../testing/fixtures.ts';
import { goldenModels, maxDifference } from '../testing/goldens.ts';
import { byRange, type ModelServer, serve } from '../testing/model-server.ts';
import { serveSource } from '../testing/serve-source.ts';

let browser: Browser;
let server: ModelServer;
let page: Page;

beforeAll(async () => {
  const executablePath = process.env.TAMA_CHROMIUM;
  if (!executablePath) throw new Error('No Chromium was found. Install one, or name it in TAMA_CHROMIUM.');
  const webgpu = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-unsafe-swiftshader'];
  const quiet = ['--no-sandbox', '--headless=new', '--disable-background-networking', '--no-first-run'];
  browser = await chromium.launch({ executablePath, args: [...quiet, ...webgpu] });
  server = await serve(async (request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    if (pathname === '/') return void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>');
    if (!pathname.startsWith('/fixtures/')) return serveSource(pathname, response);
    const file = await readFile(fixture(pathname.slice('/fixtures/'.length))).catch(() => undefined);
    if (file) byRange(file)(request, response);
    else response.writeHead(404).end();
  });
  page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(server.url);
  await page.addScriptTag({
    type: 'module',
    content: "import { loadGemma } from '/core/src/index.ts'; globalThis.loadGemma = loadGemma;",
  });
  await page.waitForFunction('globalThis.loadGemma');
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

const inBrowser = ['tiny/hf', 'tiny/gguf/tiny-q4_0.gguf', 'small/gguf/small-q8_0.gguf', 'small/gguf/small-q4_k_m.gguf'];

it.each(inBrowser.flatMap((name) => [[name, 'f32'] as const, [name, 'auto'] as const]))(
  'gives the golden logits of %s in Chromium, device %s',
  async (name, device) => {
    const model = goldenModels.find((candidate) => candidate.name === name)!;
    const url = `${server.url}fixtures/${name}${name.endsWith('.gguf') ? '' : '/'}`;
    const { logits, f16 } = await page.evaluate(
      async ({ url, device, tokens, positions }) => {
        const { loadGemma: load } = globalThis as unknown as { loadGemma: typeof loadGemma };
        const engine = await load(url, { device, embeddingScale: 'exact', prefillChunk: 32 });
        const rows = await engine.logits(tokens, positions);
        await engine.close();
        return { logits: rows.map((row) => Array.from(row)), f16: engine.info.adapter.f16 };
      },
      { url, device, tokens: model.tokens, positions: model.positions },
    );
    expect(f16).toBe(false); // SwiftShader has none: both paths are held to the tolerance of f32.
    expect(maxDifference(logits, await model.logits())).toBeLessThan(2e-3);
  },
);

it('keeps in the browser what tuning has chosen', async () => {
  const url = `${server.url}fixtures/tiny/gguf/tiny-q4_0.gguf`;
  const [measured, kept] = await page.evaluate(async (url) => {
    const { loadGemma: load } = globalThis as unknown as { loadGemma: typeof loadGemma };
    const tuned = [];
    for (const tuning of ['now', 'auto'] as const) {
      const engine = await load(url, { tuning });
      await engine.close();
      tuned.push(engine.info.tuned!);
    }
    return tuned;
  }, url);
  expect(measured!.length).toBeGreaterThan(2);
  expect(kept).toEqual(measured!.map((one) => ({ ...one, variants: [] })));
});
