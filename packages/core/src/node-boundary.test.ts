/// <reference types="node" />
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('imports Node only where the entry point for Node leads', () => {
  const root = fileURLToPath(new URL('.', import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !/\.(test|bench)\.ts$|^testing\b/.test(path),
  );
  const withText = files.map((path) => [path.replaceAll('\\', '/'), readFileSync(`${root}/${path}`, 'utf8')] as const);
  const forNode = /(^|\/)node[^/]*\.ts$/;
  const importers = withText
    .filter(([, text]) => /from 'node:|import\('node:|require\(/.test(text))
    .map(([path]) => path);
  expect(importers).toContain('storage/node-file-source.ts');
  expect(importers.filter((path) => !forNode.test(path))).toEqual([]);
  const users = withText.filter(([, text]) => /from '[^']*\/node-[^']*'/.test(text)).map(([path]) => path);
  expect(users).toContain('node.ts');
  expect(users.filter((path) => !forNode.test(path))).toEqual([]);
});
