import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { root } from './bootstrap.mjs';

it('names one version of pnpm', () => {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const catalog = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8');
  expect(packageManager).toBe(`pnpm@${/^ {2}pnpm: (.+)$/m.exec(catalog)?.[1]}`);
});

it('names one version of Node', () => {
  const catalog = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8');
  expect(readFileSync(join(root, '.node-version'), 'utf8').trim()).toBe(/^ {2}node: (.+)$/m.exec(catalog)?.[1]);
});

const published = readdirSync(join(root, 'packages')).filter((folder) => {
  const manifest = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'));
  return !manifest.private;
});

// pnpm adds the repository's licence, unlisted, unless the name of any file has this word: `LICENSE.zstd`, `licence.ts`.
it.each(published)('packs %s with its licence and what it is', async (folder) => {
  const cwd = join(root, 'packages', folder);
  const { stdout } = await promisify(execFile)('pnpm', ['pack', '--dry-run', '--json'], { cwd });
  const files: readonly { readonly path: string }[] = JSON.parse(stdout).files;
  const paths = files.map(({ path }) => path);
  expect(paths).toContain('README.md');
  if (!paths.some((path) => /licen[cs]e/i.test(path))) return;
  expect(paths).toContain('LICENSE');
  expect(readFileSync(join(cwd, 'LICENSE'), 'utf8')).toBe(readFileSync(join(root, 'LICENSE'), 'utf8'));
});
