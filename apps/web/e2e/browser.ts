import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findChromium } from '../../../scripts/chromium.ts';

const quiet = [
  '--no-sandbox',
  '--headless=new',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run',
];

const softwareWebGpu = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--ignore-gpu-blocklist',
  '--enable-unsafe-swiftshader',
];

/** Chromium with WebGPU on the CPU, or without an adapter. */
export function launchBrowser({ webgpu = true, args = [] as readonly string[] } = {}): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('No Chromium was found. Install one, or name it in TAMA_CHROMIUM.');
  return chromium.launch({ executablePath, args: [...quiet, ...(webgpu ? softwareWebGpu : []), ...args] });
}

/** A page, and everything it did that no page of ours may do. */
export type WatchedPage = { readonly page: Page; readonly complaints: readonly string[] };

/** A page in a profile of its own. Errors on its console and requests to other hosts become complaints. */
export async function openPage(
  browser: Browser,
  url: string,
  { allow, ...options }: BrowserContextOptions & { readonly allow?: RegExp } = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ locale: 'en-US', ...options });
  // What is waited for comes, or never does: half a minute, the default, is what a busy machine can take to load a model.
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  const complain = (text: string) => {
    if (!allow?.test(text)) complaints.push(text);
  };
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complain(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complain(`uncaught: ${error.message}`));
  context.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    const isOwn = origin === new URL(url).origin || protocol === 'blob:' || protocol === 'data:';
    if (!isOwn) complain(`request to ${request.url()}`);
  });
  await page.goto(url);
  return { page, complaints };
}
