/// <reference types="node" />
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../../../', import.meta.url));
const bare: Readonly<Record<string, string>> = {
  '@tama/errors': '/errors/src/index.ts',
  '@tama/kernels-wgsl': '/kernels-wgsl/src/index.ts',
  '@tama/tokenizer': '/tokenizer/src/index.ts',
  'wgsl-preprocessor/wgsl-preprocessor.js': '/kernels-wgsl/node_modules/wgsl-preprocessor/wgsl-preprocessor.js',
  '@noble/hashes/sha2.js': '/core/node_modules/@noble/hashes/sha2.js',
  '@noble/hashes/utils.js': '/core/node_modules/@noble/hashes/utils.js',
};

/** Answers with a source file of the packages as a browser reads it: types taken off, packages by their paths. */
export async function serveSource(path: string, response: ServerResponse): Promise<void> {
  const text = await readFile(packages + decodeURIComponent(path).replace(/^\/+/, ''), 'utf8').catch(() => undefined);
  if (text === undefined) return void response.writeHead(404).end();
  const code = path.endsWith('.ts') ? stripTypeScriptTypes(text) : text;
  const resolved = code.replace(/(from\s*)'([^'./][^']*)'/g, (all, from, name) => {
    const target = bare[name];
    return target ? `${from}'${target}'` : all;
  });
  response.writeHead(200, { 'content-type': 'text/javascript' }).end(resolved);
}
