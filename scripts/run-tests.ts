/**
 * All that a change must pass, in stages. Every stage runs, whatever the ones before it said; the last line is the sum
 * over all of them, in the form `412 passed, 0 failed`. Tests are counted one by one; any other stage that fails
 * counts as one failure.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run, tool } from './bootstrap.mjs';
import { ensureSystemPackages } from './system-packages.ts';
import { addCounts, type Counts, formatCounts, readVitestReport } from './test-counts.ts';

type Stage = { readonly name: string; readonly run: () => Promise<Counts> };

// A test that never ends must not look like a slow one: the whole takes about a third of this on two cores.
const vitestLimitMs = 45 * 60_000;

const stages: readonly Stage[] = [
  check('lint', 'biome ci', () => runTool('@biomejs/biome', ['ci', '.'])),
  check('codegen', 'turbo run codegen', () => turbo('codegen')),
  check('types', 'turbo run typecheck', () => turbo('typecheck')),
  check('build', 'turbo run build', () => turbo('build')),
  check('packages', 'publint', lintPackages),
  ...testStages(process.argv.slice(2)),
];

// A log that nobody watches is read as text.
if (!process.stdout.isTTY && !process.env.FORCE_COLOR) process.env.NO_COLOR ??= '1';

const total = (await systemIsReady()) ? await runStages() : { passed: 0, failed: 1, skipped: 0 };
console.log(formatCounts(total));
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

async function systemIsReady(): Promise<boolean> {
  try {
    await ensureSystemPackages();
    return true;
  } catch (error) {
    console.error(`\n${(error as Error).message}\n`);
    return false;
  }
}

async function runStages(): Promise<Counts> {
  const durations: string[] = [];
  let sum: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const stage of stages) {
    console.log(`\n── ${stage.name}`);
    const start = performance.now();
    const counts = await stage.run();
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    durations.push(`${stage.name.padEnd(10)}${seconds.padStart(7)} s  ${counts.failed > 0 ? 'failed' : 'ok'}`);
    sum = addCounts(sum, counts);
  }
  console.log(`\n${durations.join('\n')}\n`);
  return sum;
}

/** A stage that is right or wrong as a whole. */
function check(name: string, command: string, exitCode: () => Promise<number>): Stage {
  return {
    name,
    run: async () => {
      const code = await exitCode();
      if (code !== 0) console.error(`${command} ended with ${code}`);
      return { passed: 0, failed: code === 0 ? 0 : 1, skipped: 0 };
    },
  };
}

function runTool(packageName: string, args: readonly string[], timeout?: number): Promise<number> {
  const [command, all] = tool(packageName, args);
  // Nothing asks questions here; a tool that would must not wait for a terminal.
  return run(command, all, { stdio: ['ignore', 'inherit', 'inherit'], ...(timeout && { timeout }) });
}

function turbo(task: string): Promise<number> {
  return runTool('turbo', ['run', task, '--continue', '--output-logs=errors-only', '--ui=stream']);
}

/** What an installed package would show its users: entries, types and files. Private packages have no such users. */
async function lintPackages(): Promise<number> {
  let worst = 0;
  for (const name of readdirSync(join(root, 'packages'))) {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
    if (!manifest.private)
      worst = Math.max(worst, await runTool('publint', ['run', join(root, 'packages', name), '--strict']));
  }
  return worst;
}

/** Models of full size come last, with the machine to themselves. Arguments that name a project choose for themselves. */
function testStages(args: readonly string[]): Stage[] {
  if (args.some((arg) => arg.startsWith('--project'))) return [{ name: 'tests', run: () => runVitest(args) }];
  return [
    { name: 'tests', run: () => runVitest(['--project=!scale', ...args]) },
    // A file that is asked for by name may well not be one of these; all of them together must be there.
    {
      name: 'scale',
      run: () => runVitest(['--project=scale', ...(args.length > 0 ? ['--passWithNoTests'] : []), ...args]),
    },
  ];
}

async function runVitest(args: readonly string[]): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'tama-test-'));
  const report = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const code = await runTool('vitest', ['run', ...reporters, ...args], vitestLimitMs);
    return readVitestReport(report, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
