import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const sourcesFolder = '/etc/apt/sources.list.d';

/** One archive as apt knows it: where it is, and the key that signs it where one is named. */
export type AptSource = { readonly uris: string; readonly suites: readonly string[]; readonly signedBy?: string };

/** Adds a Debian release's backports beside the archive that the machine already uses, with its address and key. */
export function ensureBackports(codename: string): void {
  const files = existsSync(sourcesFolder) ? readdirSync(sourcesFolder).map((name) => join(sourcesFolder, name)) : [];
  const known = ['/etc/apt/sources.list', ...files].flatMap(readSources);
  const suite = `${codename}-backports`;
  if (known.some(({ suites }) => suites.includes(suite))) return;
  const release = known.find(({ suites }) => suites.includes(codename));
  if (!release) throw new Error(`None of apt's sources has the suite ${codename}, so that ${suite} cannot be added.`);
  writeFileSync(join(sourcesFolder, `${suite}.sources`), formatSource({ ...release, suites: [suite] }));
}

function readSources(path: string): AptSource[] {
  if (!existsSync(path)) return [];
  if (path.endsWith('.sources')) return parseDeb822(readFileSync(path, 'utf8'));
  return path.endsWith('.list') ? parseOneLine(readFileSync(path, 'utf8')) : [];
}

/** The newer format: stanzas of `Field: value`. */
export function parseDeb822(text: string): AptSource[] {
  const stanzas = text.replace(/^#.*\n?/gm, '').split(/\n\s*\n/);
  return stanzas.flatMap((stanza) => {
    const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*(?:\\n[ \\t].*)*)`, 'im').exec(stanza)?.[1]?.trim();
    const [uris, suites, signedBy] = [field('URIs'), field('Suites'), field('Signed-By')];
    const isUsed = field('Types')?.split(/\s+/).includes('deb') && !/^(no|false|0)$/i.test(field('Enabled') ?? 'yes');
    if (!isUsed || !uris || !suites) return [];
    return [{ uris, suites: suites.split(/\s+/), ...(signedBy && { signedBy }) }];
  });
}

/** The older format: `deb [options] address suite component…`. */
export function parseOneLine(text: string): AptSource[] {
  const lines = text.matchAll(/^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)/gm);
  return [...lines].map(([, options = '', uris = '', suite = '']) => {
    const signedBy = /signed-by=(\S+)/.exec(options)?.[1];
    return { uris, suites: [suite], ...(signedBy && { signedBy }) };
  });
}

/** One source in the newer format. A key that was written into the stanza keeps its indented lines. */
export function formatSource({ uris, suites, signedBy }: AptSource): string {
  const lines = ['Types: deb', `URIs: ${uris}`, `Suites: ${suites.join(' ')}`, 'Components: main'];
  return `${[...lines, ...(signedBy ? [`Signed-By: ${signedBy}`] : [])].join('\n')}\n`;
}
