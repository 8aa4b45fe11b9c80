/**
 * Writes the content security policy into every exported page, for hosts that send no headers of ours. The policy has
 * the hashes of the page's own inline scripts, so that no other script runs.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { contentSecurityPolicy } from '@tama/static-site';

const out = path.join(import.meta.dirname, '../out');
const pages = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.html'));
for (const page of pages) {
  const html = readFileSync(path.join(out, page), 'utf8');
  // A meta element cannot say who may frame the page; browsers complain when it tries.
  const policy = contentSecurityPolicy(html).replace("; frame-ancestors 'none'", '');
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}"/>`;
  writeFileSync(path.join(out, page), html.replace('<meta charSet="utf-8"/>', `$&${meta}`));
}
