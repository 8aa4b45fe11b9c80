import { existsSync } from 'node:fs';
import path from 'node:path';
import { serveStatic } from '../../../scripts/serve-static.mjs';

/** The exported site. */
export const builtSite = path.join(import.meta.dirname, '../out');

/** Serves the exported site as `npm start` does. Throws where it has not been built. */
export function serveSite() {
  if (!existsSync(path.join(builtSite, 'index.html'))) {
    throw new Error(`${builtSite} is missing. Build the site first: pnpm --filter @tama/web build`);
  }
  return serveStatic(builtSite);
}
