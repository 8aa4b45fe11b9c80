import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

it('packs archives that measure a model in an empty folder with an empty environment', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tama-bench-test-'));
  try {
    await run(process.execPath, ['--conditions=@tama/source', `${import.meta.dirname}/pack.ts`, folder]);
    for (const archive of ['tama-bench.tar.gz', 'tama-bench-runtime.tar.gz']) {
      await run('tar', ['-xzf', archive], { cwd: folder });
    }
    const adapter = process.env.TAMA_TEST_ADAPTER;
    const model = ['--only', 'models', '--model', 'tiny-q8_0', '--lengths', '16', '--decode', '8'];
    const args = ['tama-bench/run.sh', ...model, ...(adapter ? ['--adapter', adapter] : [])];
    await run('/bin/sh', args, { cwd: folder, env: {} });
    const results = join(folder, 'tama-bench/bench/results');
    const [file] = await readdir(results);
    const line = JSON.parse(await readFile(join(results, file!), 'utf8'));
    expect(line.commit).toMatch(/^[0-9a-f]{7,}\+?$|^unknown$/);
    expect(line.models[0].lengths[0]['decode tok/s']).toBeGreaterThan(0);
  } finally {
    await rm(folder, { recursive: true });
  }
});
