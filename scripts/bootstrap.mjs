/**
 * Makes a fresh clone ready to run: dependencies by the pinned pnpm, everything after that on the pinned Node.
 * This file runs on whatever Node the machine has (20 or newer): plain JavaScript, Node built-ins only.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const windows = process.platform === 'win32';

/** The repository's root, which may hold spaces and any script's letters. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const modules = join(root, 'node_modules');
const stampFile = join(modules, '.tama', 'installed');

/** The Node that the `node` devDependency brings. */
export const node = join(modules, 'node', 'bin', windows ? 'node.exe' : 'node');

/**
 * Installs what is missing, unless nothing changed since the last time, and puts the workspace's own tools first on
 * this process's PATH. Ends the process with a message where that cannot be done.
 */
export function bootstrap() {
  const major = Number.parseInt(process.versions.node, 10);
  if (major < 20) {
    fail(
      `Tama needs Node 20 or newer to start; this is Node ${process.versions.node}. Install one from https://nodejs.org/ and run the command again.`,
      `Node 20以降が必要です(現在は${process.versions.node})。https://nodejs.org/ から新しいNodeを入れて、もう一度実行してください。`,
    );
  }
  useWorkspaceTools();
  const wanted = fingerprint();
  if (existsSync(node) && read(stampFile) === wanted) return;
  install();
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, wanted);
}

/** Everything an installation depends on, as one hash: the lock file, the manifests, and the platform. */
function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const path of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests()]) {
    hash.update(`\0${path}\0`).update(read(join(root, path)) ?? '');
  }
  return hash.digest('hex');
}

/** The lock file lists every folder of the workspace. */
function manifests() {
  const [, importers = ''] = /^importers:\n([\s\S]*?)^packages:/m.exec(read(join(root, 'pnpm-lock.yaml')) ?? '') ?? [];
  return [...importers.matchAll(/^ {2}(\S+):$/gm)].map(([, folder = '']) => join(folder, 'package.json'));
}

function install() {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const version = packageManager.split('+')[0]; // a hash may follow
  process.stderr.write(`Installing dependencies with ${version} · 依存パッケージを入れています\n`);
  const args = ['--yes', version, 'install', '--frozen-lockfile'];
  // npx is a command file on Windows, and only a shell starts those; no argument here needs quoting.
  const { status, error } = spawnSync('npx', args, {
    cwd: root,
    env: installEnvironment(),
    stdio: ['ignore', 2, 2],
    shell: windows,
  });
  if (error && 'code' in error && error.code === 'ENOENT') {
    fail(
      'npx was not found. It comes with npm: install npm (on Debian: apt-get install npm), then run the command again.',
      'npxが見つかりません。npmを入れてから(Debianでは apt-get install npm)、もう一度実行してください。',
    );
  }
  if (error || status !== 0) {
    fail(
      `The dependencies could not be installed (${error?.message ?? `npx ${args.join(' ')} ended with ${status}`}). The lines above say why; without a network or behind a proxy, check "npm config get registry" and "npm ping". Then run the command again: it continues where it stopped.`,
      '依存パッケージを入れられませんでした。理由は上の行にあります。ネットワークやプロキシの設定("npm config get registry"、"npm ping")を確かめて、もう一度実行してください。続きから再開します。',
    );
  }
  if (spawnSync(node, ['--version'], { stdio: 'ignore' }).status !== 0) {
    fail(
      `The packages are there, but ${node} does not run. Where npm is told to ignore install scripts ("npm config get ignore-scripts"), allow them for this folder, delete node_modules and run the command again.`,
      `パッケージは入りましたが、${node} を実行できません。npmのignore-scriptsが有効なら、このフォルダーでは無効にし、node_modulesを消してから、もう一度実行してください。`,
    );
  }
}

/**
 * The caller's environment without what would change which packages are installed: `npm start` passes its own
 * settings on as npm_config_*, and NODE_ENV=production would leave the tools out.
 */
function installEnvironment() {
  const misleading =
    /^(node_env|npm_config_(production|only|omit|include|dev|global|location|prefix|local_prefix|global_prefix|ignore_scripts|dry_run|workspaces?|loglevel))$/i;
  const kept = Object.entries(process.env).filter(([name]) => !misleading.test(name));
  // CI: no questions, as there may be nobody to answer them.
  return { ...Object.fromEntries(kept), CI: 'true' };
}

function useWorkspaceTools() {
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  const tools = [dirname(node), join(modules, '.bin')];
  const others = (process.env[name] ?? '').split(delimiter).filter((folder) => !tools.includes(folder));
  process.env[name] = [...tools, ...others].join(delimiter);
  process.env.TURBO_TELEMETRY_DISABLED ??= '1';
  process.env.NEXT_TELEMETRY_DISABLED ??= '1';
  process.env.DO_NOT_TRACK ??= '1';
}

/**
 * The command line of a tool that a root devDependency brings: its script on the pinned Node, so that no shell and
 * no platform's wrapper file is involved.
 *
 * @param {string} packageName
 * @param {readonly string[]} args
 * @returns {[command: string, args: string[]]}
 */
export function tool(packageName, args) {
  const folder = join(modules, packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const script = typeof bin === 'string' ? bin : bin[packageName.split('/').at(-1) ?? packageName];
  return [node, [join(folder, script), ...args]];
}

/**
 * Runs a command on our terminal until it ends and gives its exit code, 128 + n where signal n ended it. Signals that
 * we receive meanwhile are passed on, so that the command can end in its own way.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => child.kill(signal);
    // A terminal sends SIGINT to the whole group: the child has it already, and we only wait for its end.
    const onTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
    const interrupt = onTerminal ? () => {} : forward;
    process.on('SIGINT', interrupt).on('SIGTERM', forward).on('SIGHUP', forward);
    const settle = () => process.off('SIGINT', interrupt).off('SIGTERM', forward).off('SIGHUP', forward);
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('exit', (code, signal) => {
      settle();
      resolve(signal ? 128 + constants.signals[signal] : (code ?? 1));
    });
  });
}

/**
 * @param {string} english
 * @param {string} japanese
 * @returns {never}
 */
function fail(english, japanese) {
  process.stderr.write(`\n${english}\n${japanese}\n`);
  process.exit(1);
}

/** @param {string} path */
function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
