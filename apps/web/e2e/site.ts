import { existsSync } from 'node:fs';
import path from 'node:path';
import { serveStatic } from '../../../scripts/serve-static.mjs';

const out = path.join(import.meta.dirname, '../out');

/** Serves the exported site as `npm start` does. Throws where it has not been built. */
export function serveSite() {
  if (!existsSync(path.join(out, 'index.html'))) {
    throw new Error(`${out} is missing. Build the site first: pnpm --filter @tama/web build`);
  }
  return serveStatic(out);
}
