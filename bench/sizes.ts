import { gzipSync } from 'node:zlib';
import type { Row } from './report.ts';

const entries = {
  '@tama/tokenizer':
    "import { Tokenizer, vocabularyFromGguf } from '@tama/tokenizer'; console.log(Tokenizer, vocabularyFromGguf)",
  '@tama/core': "import { loadGemma } from '@tama/core'; console.log(loadGemma)",
  '@tama/core/worker (client)': "import { EngineClient } from '@tama/core/worker'; console.log(EngineClient)",
};

/** What a bundle of each library weighs, minified, and gzipped: what an application pays to use it. */
export async function measureSizes(): Promise<Row[]> {
  const { build } = await import('esbuild');
  const rows: Row[] = [];
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
  return rows;
}
