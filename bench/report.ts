import { execFileSync } from 'node:child_process';
import { appendFile, mkdir } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

/** What a figure needs beside it to mean something. */
export function environment(adapter: string) {
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') ? '+' : ''),
    adapter,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    command: [
      'node',
      ...process.execArgv,
      ...process.argv.slice(1).map((word) => word.replace(`${process.cwd()}/`, '')),
    ].join(' '),
  };
}

const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();

/** Appends one line to bench/results/<kind>.jsonl. */
export async function save(kind: string, line: object): Promise<void> {
  const folder = new URL('./results/', import.meta.url);
  await mkdir(folder, { recursive: true });
  await appendFile(fileURLToPath(new URL(`${kind}.jsonl`, folder)), `${JSON.stringify(line)}\n`);
}

/** Rows as a Markdown table, numbers to three significant digits. */
export function table(rows: readonly Readonly<Record<string, string | number>>[]): string {
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
