/**
 * What tests need from the system: a Vulkan software driver that Dawn accepts, Chromium, and fonts for Japanese.
 * As root on Debian and Ubuntu the missing ones are installed; elsewhere they are named.
 *
 *   node scripts/system-packages.ts
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ensureBackports } from './apt-sources.ts';
import { node, tool } from './bootstrap.mjs';
import { findChromium } from './chromium.ts';
import { driverManifest } from './vulkan.ts';

// Dawn refuses the conformance version of older Mesa drivers.
const oldestMesa = 24;

const fonts = ['fonts-noto-cjk', 'fonts-noto-color-emoji'];

/** Makes sure that everything is there. @throws when something is missing that only a person can install. */
export async function ensureSystemPackages(): Promise<void> {
  if (process.platform !== 'linux') return requireChromium('Google Chrome from https://www.google.com/chrome/');
  const { ID = '', ID_LIKE = '', VERSION_CODENAME = '' } = osRelease();
  if (![ID, ...ID_LIKE.split(' ')].includes('debian')) return requireElsewhere();
  await ensureDebianPackages(ID, VERSION_CODENAME);
  requireMesa(debianVersions(['mesa-vulkan-drivers'])['mesa-vulkan-drivers']);
  if (ID === 'ubuntu' && !findChromium()) installChrome();
  requireChromium('the package chromium, or Google Chrome');
}

async function ensureDebianPackages(distribution: string, codename: string): Promise<void> {
  const plain = ['libvulkan1', ...fonts, ...(distribution !== 'ubuntu' && !findChromium() ? ['chromium'] : [])];
  const versions = debianVersions(['mesa-vulkan-drivers', ...plain]);
  const missing = plain.filter((name) => !versions[name]);
  const mesaIsOld = !(major(versions['mesa-vulkan-drivers']) >= oldestMesa);
  if (missing.length === 0 && !mesaIsOld) return;

  const release = distribution === 'debian' && codename === 'bookworm' ? ['-t', 'bookworm-backports'] : [];
  const mesa = [...release, 'mesa-vulkan-drivers'];
  if (process.getuid?.() !== 0) {
    const commands = [
      'sudo apt-get update',
      ...(mesaIsOld ? [`sudo apt-get install --no-install-recommends ${mesa.join(' ')}`] : []),
      ...(missing.length > 0 ? [`sudo apt-get install --no-install-recommends ${missing.join(' ')}`] : []),
    ];
    throw new Error(
      `Tests need system packages that are not installed. This installs them:\n  sudo '${node}' '${fileURLToPath(import.meta.url)}'\nor, one by one${release.length > 0 ? ', with bookworm-backports among the sources of apt' : ''}:\n  ${commands.join('\n  ')}`,
    );
  }
  console.log(`Installing system packages: ${[...(mesaIsOld ? ['mesa-vulkan-drivers'] : []), ...missing].join(' ')}`);
  if (mesaIsOld && release.length > 0) ensureBackports('bookworm');
  await apt(['update']);
  if (mesaIsOld) await apt(['install', '-y', '--no-install-recommends', ...mesa]);
  if (missing.length > 0) await apt(['install', '-y', '--no-install-recommends', ...missing]);
}

/** Runs apt-get without questions, once more where another process holds its lock. */
async function apt(args: readonly string[]): Promise<void> {
  for (const isLastTry of [false, true]) {
    const { status, stderr } = spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' },
      stdio: ['ignore', 'inherit', 'pipe'],
      encoding: 'utf8',
    });
    process.stderr.write(stderr);
    if (status === 0) return;
    if (isLastTry || !/could not get lock|unable to lock|unable to acquire/i.test(stderr)) {
      throw new Error(`apt-get ${args.join(' ')} ended with ${status}; its messages are above.`);
    }
    await sleep(10_000);
  }
}

/** Google Chrome by Playwright's installer, as Ubuntu's chromium is a snap: that starts in no container. */
function installChrome(): void {
  const [command, args] = tool('playwright-core', ['install', 'chrome']);
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error('Browser tests need Google Chrome. Install it from https://www.google.com/chrome/');
}

function requireElsewhere(): void {
  if (!driverManifest('llvmpipe')) {
    throw new Error(
      `Tests need Mesa's Vulkan software driver (llvmpipe), ${oldestMesa} or newer. Fedora: dnf install mesa-vulkan-drivers vulkan-loader. Arch: pacman -S vulkan-swrast vulkan-icd-loader. Also fonts: Noto Sans CJK and Noto Color Emoji.`,
    );
  }
  requireChromium(
    'Google Chrome or your distribution’s chromium (Fedora: dnf install chromium; Arch: pacman -S chromium)',
  );
}

function requireMesa(version: string | undefined): void {
  if (major(version) >= oldestMesa) return;
  throw new Error(
    `Mesa's Vulkan drivers are ${version ?? 'missing'}, and Dawn needs ${oldestMesa} or newer: this release of the system has none. Use Debian 12 or newer, or Ubuntu 24.04 or newer.`,
  );
}

function requireChromium(what: string): void {
  if (!findChromium()) throw new Error(`Browser tests need Chromium. Install ${what}, or name one in TAMA_CHROMIUM.`);
  if (process.platform === 'linux' && !driverManifest('swiftshader')) {
    throw new Error(`GPU tests need SwiftShader, which comes with Chromium and was not found. Install ${what}.`);
  }
}

/** The versions of those packages that are installed. */
function debianVersions(names: readonly string[]): Record<string, string> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  const format = '${db:Status-Status}\t${Package}\t${Version}\n';
  const { stdout } = spawnSync('dpkg-query', ['-W', `-f=${format}`, ...names], { encoding: 'utf8' });
  const rows = (stdout ?? '').split('\n').map((line) => line.split('\t'));
  return Object.fromEntries(
    rows.flatMap(([status, name = '', version = '']) => (status === 'installed' ? [[name, version]] : [])),
  );
}

/** `1:25.0.7-2~bpo12+1` is 25; NaN where there is none. */
function major(version = ''): number {
  return Number.parseInt(version.replace(/^\d+:/, ''), 10);
}

function osRelease(): Record<string, string> {
  if (!existsSync('/etc/os-release')) return {};
  const lines = readFileSync('/etc/os-release', 'utf8').matchAll(/^(\w+)="?([^"\n]*)"?$/gm);
  return Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
}

if (import.meta.main) {
  await ensureSystemPackages().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
