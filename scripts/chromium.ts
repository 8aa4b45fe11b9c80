import { existsSync, realpathSync } from 'node:fs';

const places: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: [
    '/usr/bin/chromium',
    '/usr/bin/google-chrome-stable',
    '/opt/google/chrome/chrome',
    '/usr/bin/chromium-browser',
  ],
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: ['C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe'],
};

/** The Chromium or Chrome that browser tests drive: `TAMA_CHROMIUM`, or where packages put it. */
export function findChromium(): string | undefined {
  const candidates = [process.env.TAMA_CHROMIUM ?? '', ...(places[process.platform] ?? [])];
  return candidates.find((path) => path !== '' && existsSync(path) && !isSnap(path));
}

/** Ubuntu's snap has no WebGPU in its sandbox, and does not start in containers. */
function isSnap(path: string): boolean {
  return realpathSync(path).includes('/snap');
}
