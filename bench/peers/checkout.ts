import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = `${import.meta.dirname}/../..`;

/** Another commit of this repository in a folder of its own, ready to run. */
export type Checkout = {
  readonly folder: string;
  readonly commit: string;
  dispose(): Promise<void>;
};

export async function checkOut(ref: string): Promise<Checkout> {
  const folder = await mkdtemp(join(tmpdir(), 'tama-bench-commit-'));
  const git = async (...args: string[]) => (await run('git', args, { cwd: root })).stdout.trim();
  const commit = await git('rev-parse', '--short', ref);
  await git('worktree', 'add', '--detach', folder, commit);
  const dispose = async () => {
    await git('worktree', 'remove', '--force', folder);
  };
  try {
    const pnpm = `${root}/node_modules/.bin/pnpm`;
    await run(pnpm, ['install', '--prefer-offline', '--frozen-lockfile', '--ignore-scripts'], { cwd: folder });
    await run(process.execPath, ['scripts/codegen.ts'], { cwd: `${folder}/packages/kernels-wgsl` });
    return { folder, commit, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
