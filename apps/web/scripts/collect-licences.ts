import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';

type Manifest = {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
};

// What Next depends on builds the site and is not in it, its helpers apart.
const dependenciesInPage = (manifest: Manifest) =>
  manifest.name === 'next' ? ['@swc/helpers'] : Object.keys(manifest.dependencies ?? {});

/** The licence texts of everything of others that a page of the site may contain, by name. */
export function collectLicences(packageFolder: string): string {
  const folders = new Map<string, Manifest>();
  visit(realpathSync(packageFolder), folders);
  const texts = [...folders]
    .flatMap(([folder, manifest]) =>
      manifest.name.startsWith('@tama/') ? included(folder) : [[manifest.name, entry(folder, manifest)] as const],
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `Software and fonts of others in Tama's pages, with their licences.\n\n${texts.map(([, text]) => text).join('\n')}`;
}

function visit(folder: string, seen: Map<string, Manifest>): void {
  if (seen.has(folder)) return;
  const manifest: Manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  seen.set(folder, manifest);
  for (const dependency of dependenciesInPage(manifest)) visit(folderOf(dependency, folder), seen);
}

/** As Node resolves it, but to the folder: not every package exports its package.json. */
function folderOf(name: string, from: string): string {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', name);
    if (existsSync(candidate)) return realpathSync(candidate);
    if (folder === path.dirname(folder)) throw new Error(`'${name}', which ${from} depends on, is not installed.`);
  }
}

function entry(folder: string, { name, version, license }: Manifest): string {
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)(\.|-|$)/i.test(file));
  const texts = files.map((file) => readFileSync(path.join(folder, file), 'utf8').trim());
  return [`${'='.repeat(80)}\n${name} ${version} (${license ?? 'see below'})\n`, ...texts, ''].join('\n');
}

/** What a package of ours holds of others: each has a file `LICENSE.NAME`, which begins with name, version and kind. */
function included(folder: string): (readonly [name: string, text: string])[] {
  const files = readdirSync(folder).filter((file) => file.startsWith('LICENSE.'));
  return files.map((file) => {
    const text = readFileSync(path.join(folder, file), 'utf8').trim();
    return [file.slice('LICENSE.'.length), `${'='.repeat(80)}\n${text}\n`];
  });
}
