import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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
