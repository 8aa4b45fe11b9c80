import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatCounts, readVitestReport } from './test-counts.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tama-counts-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

type File = { status: string; assertionResults: { status: string }[] };

function counted(files: File[], exitCode: number) {
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const having = (status: string) => tests.filter((test) => test.status === status).length;
  const path = join(folder, 'report.json');
  const report = { numPassedTests: having('passed'), numPendingTests: having('pending'), numTodoTests: having('todo') };
  writeFileSync(path, JSON.stringify({ ...report, testResults: files }));
  return readVitestReport(path, exitCode);
}

const passed = { status: 'passed' };
const failed = { status: 'failed' };

describe('the sum of a vitest run', () => {
  it('counts tests one by one', () => {
    const files = [
      { status: 'passed', assertionResults: [passed, passed, { status: 'pending' }] },
      { status: 'failed', assertionResults: [passed, failed, failed, { status: 'todo' }] },
    ];
    expect(counted(files, 1)).toEqual({ passed: 3, failed: 2, skipped: 2 });
  });

  it('counts a file that does not load as a failure', () => {
    expect(
      counted(
        [
          { status: 'failed', assertionResults: [] },
          { status: 'passed', assertionResults: [passed] },
        ],
        1,
      ),
    ).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    });
  });

  it('counts a run that ends badly without a failed test, or without a report, as a failure', () => {
    expect(counted([{ status: 'passed', assertionResults: [passed] }], 1).failed).toBe(1);
    expect(readVitestReport(join(folder, 'absent.json'), 0).failed).toBe(1);
  });

  it('names skipped tests only where there are any', () => {
    expect(formatCounts({ passed: 412, failed: 0, skipped: 0 })).toBe('412 passed, 0 failed');
    expect(formatCounts({ passed: 412, failed: 1, skipped: 3 })).toBe('412 passed, 1 failed, 3 skipped');
  });
});
