/** Keeps the generated `*.wgsl.ts` files fresh for programs that run from source, without asking turbo each time. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, run, tool } from './bootstrap.mjs';

const kernels = join(root, 'packages', 'kernels-wgsl');
const stampFile = join(root, 'node_modules', '.tama', 'generated');

/** Runs codegen where a shader, the generator or a generated file changed since the last time. Gives an exit code. */
export async function ensureGenerated() {
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === fingerprint()) return 0;
  const [command, args] = tool('turbo', ['run', 'codegen', '--output-logs=errors-only', '--ui=stream']);
  const code = await run(command, args, { stdio: ['ignore', 2, 2] });
  if (code !== 0) return code;
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, fingerprint());
  return 0;
}

function fingerprint() {
  const hash = createHash('sha256');
  const shaders = readdirSync(join(kernels, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.wgsl(\.ts)?$/.test(name))
    .map((name) => join('src', name));
  for (const name of [...shaders.sort(), join('scripts', 'codegen.ts'), join('src', 'render.ts')]) {
    hash.update(`\0${name}\0`).update(readFileSync(join(kernels, name)));
  }
  return hash.digest('hex');
}
