/// <reference types="node" />

import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/**
 * Runs a program of this repository in Deno, whose WebGPU and shader compiler (wgpu and naga) are Firefox's, and returns the
 * JSON lines that it prints.
 *
 * @throws with what the program wrote to stderr when it fails
 */
export async function runInDeno<Line>(program: URL): Promise<Line[]> {
  const deno = fileURLToPath(new URL('../../node_modules/.bin/deno', import.meta.url));
  const file = fileURLToPath(program);
  const args = ['run', '--allow-all', '--quiet', '--unstable-webgpu', '--conditions=@tama/source', file];
  const env = { ...process.env, DENO_NO_UPDATE_CHECK: '1' };
  const { stdout } = await promisify(execFile)(deno, args, { cwd: dirname(file), env, maxBuffer: 2 ** 24 });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
