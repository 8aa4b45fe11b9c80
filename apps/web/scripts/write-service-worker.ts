/** Writes the service worker of the exported site: its code, with the list of what there is to keep and its hash. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type SiteBuild, serveOffline } from '../src/service-worker.ts';

const out = path.join(import.meta.dirname, '../out');
const file = 'service-worker.js';

/** Next writes every page once more as text, for its own navigation, which we do not use. */
const isNeeded = (name: string) => name !== file && (!name.endsWith('.txt') || name === 'third-party-licences.txt');

const files = readdirSync(out, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => path.relative(out, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
  .filter(isNeeded)
  .sort();

const hash = createHash('sha256');
for (const name of files) hash.update(`${name}\0`).update(readFileSync(path.join(out, name)));
const addressOf = (name: string) => `/${name.replace(/(^|\/)index\.html$/, '$1').replace(/\.html$/, '')}`;
const site: SiteBuild = {
  version: hash.digest('hex').slice(0, 16),
  addresses: files.filter((name) => !/^(404|_not-found)\b/.test(name)).map(addressOf),
};
writeFileSync(path.join(out, file), `(${serveOffline})(self, ${JSON.stringify(site)});\n`);
