import { existsSync, readFileSync } from 'node:fs';

export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

export function addCounts(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** `412 passed, 0 failed`, and how many were skipped where any was. */
export function formatCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

type VitestReport = {
  readonly numPassedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
};

/**
 * The sum of a vitest run. A file that fails beside its tests (it does not load, or a hook throws) is a failure, and so
 * is a run that ends badly with no failed test to show, or without a report.
 */
export function readVitestReport(path: string, exitCode: number): Counts {
  if (!existsSync(path)) return { passed: 0, failed: 1, skipped: 0 };
  const report: VitestReport = JSON.parse(readFileSync(path, 'utf8'));
  let failed = 0;
  for (const file of report.testResults) {
    const failedTests = file.assertionResults.filter(({ status }) => status === 'failed').length;
    failed += failedTests === 0 && file.status === 'failed' ? 1 : failedTests;
  }
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}
