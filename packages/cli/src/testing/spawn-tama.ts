import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

export const repositoryPath = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));

export type Ended = { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string };

/** What Dawn itself writes to stderr about a software driver's limits. */
const dawnRemarks = /^Warning: maxDynamic.*\n/gm;

type SpawnOptions = {
  readonly stdin?: string;
  /** Never ends stdin, as a person who has not finished typing. */
  readonly keepOpen?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with what stdout has so far, to act in the middle. */
  readonly onStdout?: (text: string, child: { kill(signal: 'SIGINT'): void; closeStdout(): void }) => void;
};

/** Starts the real command from its source, as `pnpm tama` does, and waits for its end. */
export function spawnTama(
  args: readonly string[],
  { stdin = '', keepOpen = false, env = {}, onStdout }: SpawnOptions = {},
): Promise<Ended> {
  const child = spawn(process.execPath, ['--conditions=@tama/source', main, ...args], {
    env: { ...process.env, LC_ALL: 'C.UTF-8', NO_COLOR: '1', ...env },
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout.push(chunk);
    onStdout?.(Buffer.concat(stdout).toString(), {
      kill: (signal) => void child.kill(signal),
      closeStdout: () => child.stdout.destroy(),
    });
  });
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => {}); // it ended without reading everything, which the test judges by other means
  if (keepOpen) child.stdin.write(stdin);
  else child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const exitCode = signal === 'SIGINT' ? 130 : code; // as a shell tells it
      const ownStderr = Buffer.concat(stderr).toString().replace(dawnRemarks, '');
      resolve({ exitCode, stdout: Buffer.concat(stdout).toString(), stderr: ownStderr });
    });
  });
}
