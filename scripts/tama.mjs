#!/usr/bin/env node
/** `pnpm tama …`: the command line of packages/cli, from source, with the caller's arguments, streams and folder. */
import { join } from 'node:path';
import { bootstrap, node, root, run } from './bootstrap.mjs';
import { ensureGenerated } from './codegen.mjs';

bootstrap();
process.exitCode = (await ensureGenerated()) || (await runCli());

function runCli() {
  const main = join(root, 'packages', 'cli', 'src', 'main.ts');
  // A package manager starts its scripts in the root; relative model paths are meant from where the person stands.
  const cwd = (process.env.npm_lifecycle_event === 'tama' && process.env.INIT_CWD) || process.cwd();
  return run(node, ['--conditions=@tama/source', main, ...process.argv.slice(2)], { cwd });
}
