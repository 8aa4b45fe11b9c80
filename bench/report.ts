import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';

/** A line of a table. */
export type Row = Readonly<Record<string, string | number>>;

/** What a figure needs beside it to mean something. `load` is how many processes wanted a core in the last minute. */
export async function environment(adapter: string) {
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: await commit(),
    adapter,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    load: Number(loadavg()[0]!.toFixed(1)),
    node: process.version,
    command: [
      'node',
      ...process.execArgv,
      ...process.argv.slice(1).map((word) => word.replace(`${process.cwd()}/`, '')),
    ].join(' '),
  };
}

const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8', stdio: 'pipe' }).trim();

/** The checked out commit, with a + where files differ from it; in a packed folder, the one that was packed. */
export async function commit(): Promise<string> {
  const packed = await readFile(new URL('./commit', import.meta.url), 'utf8').catch(() => undefined);
  if (packed) return packed;
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') ? '+' : '');
  } catch {
    return 'unknown';
  }
}

/** Appends one line to bench/results/NAME.jsonl, the name being an adapter's or another peer's. */
export async function save(name: string, line: object): Promise<void> {
  const folder = new URL('./results/', import.meta.url);
  await mkdir(folder, { recursive: true });
  const file = `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.jsonl`;
  await appendFile(fileURLToPath(new URL(file, folder)), `${JSON.stringify(line)}\n`);
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Rows as a Markdown table, numbers to three significant digits. */
export function table(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const cell = (value: string | number | undefined) =>
    typeof value === 'number' && !Number.isInteger(value) ? String(Number(value.toPrecision(3))) : String(value ?? '');
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map((column) => cell(row[column])))),
    '',
  ].join('\n');
}
