import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeGguf } from './convert/write-gguf.ts';
import { configOf } from './gemma2/published-sizes.ts';
import type { loadGemma } from './load-gemma.ts';
import { writeNodeFile } from './storage/node-file-sink.ts';
import { syntheticCheckpoint } from './synth/synthetic-checkpoint.ts';
import { syntheticVocabulary } from './synth/synthetic-vocabulary.ts';
import { type ModelServer, parseRange, serve } from './testing/model-server.ts';
import { serveSource } from './testing/serve-source.ts';

// Gemma's vocabulary and the feed-forward width of 2B: 250 MB.
const config = configOf({ layers: 16, hiddenSize: 512, heads: 8, kvHeads: 4, headDim: 64, intermediateSize: 9216 });

let folder: string;
let browser: Browser;
let server: ModelServer;

beforeAll(async () => {
  const executablePath = process.env.TAMA_CHROMIUM;
  if (!executablePath) throw new Error('No Chromium was found. Install one, or name it in TAMA_CHROMIUM.');
  folder = await mkdtemp(join(tmpdir(), 'tama-browser-'));
  const path = join(folder, 'model.gguf');
  const checkpoint = syntheticCheckpoint(config, {
    type: 'q4_0',
    seed: 4,
    vocabulary: syntheticVocabulary(config.vocabularySize),
  });
  const tokenizer = await checkpoint.tokenizer!();
  await writeNodeFile(path, (sink) => writeGguf(checkpoint, tokenizer, sink));
  const { size } = await stat(path);
  server = await serve((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    if (pathname === '/') return void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>');
    if (pathname !== '/model.gguf') return void serveSource(pathname, response);
    const { first, last } = parseRange(request) ?? { first: 0, last: size - 1 };
    const end = Math.min(last, size - 1);
    response.writeHead(206, {
      'content-range': `bytes ${first}-${end}/${size}`,
      'content-length': end - first + 1,
      etag: '"1"',
    });
    createReadStream(path, { start: first, end }).pipe(response);
  });
  const webgpu = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-unsafe-swiftshader'];
  const quiet = ['--no-sandbox', '--headless=new', '--disable-background-networking', '--no-first-run'];
  browser = await chromium.launch({ executablePath, args: [...quiet, ...webgpu, '--enable-precise-memory-info'] });
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(folder, { recursive: true });
});

/** What the page's own view of its memory lacks in the types of TypeScript: only Chromium has it. */
type WithMemory = { readonly memory: { readonly usedJSHeapSize: number } };

it('loads a model of 250 MB over HTTP within 64 MiB of JavaScript memory in Chromium', async ({ annotate }) => {
  const page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(server.url);
  await page.addScriptTag({
    type: 'module',
    content: "import { loadGemma } from '/core/src/index.ts'; globalThis.loadGemma = loadGemma;",
  });
  await page.waitForFunction('globalThis.loadGemma');

  // The heap and the ArrayBuffers of the page, garbage included; `usedJSHeapSize` is their sum where it is precise.
  const devtools = await page.context().newCDPSession(page);
  const hostBytes = async () => {
    const { usedSize, backingStorageSize } = await devtools.send('Runtime.getHeapUsage');
    return usedSize + backingStorageSize;
  };
  await devtools.send('HeapProfiler.collectGarbage');
  const before = await hostBytes();
  let loading = true;
  const fromOutside = (async () => {
    let [peak, samples] = [0, 0];
    for (; loading; samples++) peak = Math.max(peak, await hostBytes());
    return { peak, samples };
  })();
  const fromInside = await page.evaluate(async (url) => {
    const { loadGemma: load } = globalThis as unknown as { loadGemma: typeof loadGemma };
    let [peak, samples] = [0, 0];
    const onProgress = () => {
      peak = Math.max(peak, (performance as unknown as WithMemory).memory.usedJSHeapSize);
      samples++;
    };
    const engine = await load(url, { context: 512, onProgress });
    await engine.close();
    return { peak, samples };
  }, `${server.url}model.gguf`);
  loading = false;

  for (const { peak, samples } of [await fromOutside, fromInside]) {
    await annotate(`at most ${((peak - before) / 2 ** 20).toFixed(1)} MiB above the baseline, ${samples} samples`);
    expect(samples).toBeGreaterThan(100);
    expect(peak - before).toBeLessThan(64 * 2 ** 20);
  }
  expect(fromInside.peak).toBeGreaterThan(before);
});
