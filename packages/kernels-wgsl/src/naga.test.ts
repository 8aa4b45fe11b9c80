import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

// Dawn compiles shaders by Tint, as Chromium does; Firefox by naga, and so does Deno, on whatever adapter there is.
it('compiles every variant by naga', async () => {
  const deno = createRequire(import.meta.url).resolve('deno/bin.cjs');
  const script = join(import.meta.dirname, '../scripts/compile-by-naga.ts');
  const options = ['run', '--quiet', '--allow-all', '--no-check', '--unstable-webgpu', '--conditions=@tama/source'];
  const env = { ...process.env, DENO_NO_UPDATE_CHECK: '1' };
  const { stdout } = await promisify(execFile)(process.execPath, [deno, ...options, script], { env });
  expect(Number(stdout)).toBeGreaterThan(100);
});
