/**
 * What a bundle of each library weighs, minified, and gzipped: what an application pays to use it.
 *
 *   node --conditions=@tama/source bench/sizes.ts [--save]
 */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { environment, save, table } from './report.ts';

const entries = {
  '@tama/tokenizer':
    "import { Tokenizer, vocabularyFromGguf } from '@tama/tokenizer'; console.log(Tokenizer, vocabularyFromGguf)",
  '@tama/core': "import { loadGemma } from '@tama/core'; console.log(loadGemma)",
  '@tama/core/worker (client)': "import { EngineClient } from '@tama/core/worker'; console.log(EngineClient)",
};
const rows = [];
for (const [name, contents] of Object.entries(entries)) {
  const { outputFiles } = await build({
    // The command line depends on all of them, so they are found from there.
    stdin: { contents, resolveDir: `${import.meta.dirname}/../packages/cli` },
    bundle: true,
    minify: true,
    format: 'esm',
    conditions: ['@tama/source'],
    write: false,
  });
  const bytes = outputFiles[0]!.contents;
  rows.push({ name, bytes: bytes.length, gzip: gzipSync(bytes).length });
}
console.log(table(rows));
if (process.argv.includes('--save')) await save('sizes', { ...environment('none'), sizes: rows });
