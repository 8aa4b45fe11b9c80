/// <reference types="node" />
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('imports Node only where the entry point for Node leads', () => {
  const root = fileURLToPath(new URL('.', import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !/\.(test|bench)\.ts$|^testing\b/.test(path),
  );
  const importers = files.filter((path) =>
    /from 'node:|import\('node:|require\(/.test(readFileSync(`${root}/${path}`, 'utf8')),
  );
  expect(importers.map((path) => path.replaceAll('\\', '/'))).toEqual(['storage/node-file-source.ts']);
  const users = files.filter((path) => /node-file-source\.ts'/.test(readFileSync(`${root}/${path}`, 'utf8')));
  expect(users).toEqual(['node.ts']);
});
