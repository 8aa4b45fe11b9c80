/// <reference types="node" />
/**
 * Writes `src/checkpoint/compression/zstd-wasm.ts`: the decoder of Meta's libzstd as WebAssembly, compiled from its released
 * sources by clang, without any other library, and its licence. What goes in and what comes out is pinned by hash in
 * `pinned.json`, so that anyone can make the same bytes:
 *
 *   curl -L https://github.com/facebook/zstd/releases/download/v1.5.7/zstd-1.5.7.tar.gz | tar xz
 *   apt-get install clang-19 lld-19
 *   node scripts/zstd/build.ts zstd-1.5.7 [--pin]
 *
 * `--pin` accepts another source or another compiler and writes their hashes down. `CLANG` names the compiler if it is not
 * `clang-19`. Debian's `libzstd_1.5.7+dfsg.orig.tar.xz` holds the same files.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const here = import.meta.dirname;
const [, , folder, option] = process.argv;
if (!folder) throw new Error('Give the folder of the unpacked source of zstd.');
const source = resolve(folder);
const clang = process.env.CLANG ?? 'clang-19';

const folders = ['lib', 'lib/common', 'lib/decompress'];
// Threads, dictionaries' building and tracing are in other files of these folders or in other folders.
const units = [
  ...['entropy_common', 'error_private', 'fse_decompress', 'xxhash', 'zstd_common'].map(
    (name) => `lib/common/${name}.c`,
  ),
  ...['huf_decompress', 'zstd_ddict', 'zstd_decompress', 'zstd_decompress_block'].map(
    (name) => `lib/decompress/${name}.c`,
  ),
];
const compile = [
  ...['--target=wasm32', '-mcpu=mvp', '-mbulk-memory', '-mmutable-globals', '-mnontrapping-fptoint', '-msign-ext'],
  // What is small is fast as well: measured beside -O2 and -O3. Every browser with WebGPU has SIMD.
  ...['-Oz', '-msimd128', '-flto', '-std=gnu11', '-ffreestanding', '-nostdlib', '-fvisibility=hidden'],
  ...['-DNDEBUG', '-DZSTD_LEGACY_SUPPORT=0', '-DZSTD_TRACE=0', '-DZSTD_DISABLE_ASM=1', '-DXXH_NO_XXH3'],
  // Of two ways to decode the same, one each: a third less code, and as fast for weights.
  ...['-DHUF_FORCE_DECOMPRESS_X1', '-DZSTD_FORCE_DECOMPRESS_SEQUENCES_SHORT'],
];
// The stack lies below everything else: what overruns it traps.
const link = ['--no-entry', '--stack-first', '-z', 'stack-size=65536', '--strip-all', '--lto-O3'];

type Pinned = { zstd: string; clang: string; source: string; wasm: string };

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
const pinFile = join(here, 'pinned.json');
const pinned: Pinned = JSON.parse(readFileSync(pinFile, 'utf8'));
const found: Pinned = { zstd: version(), clang: compiler(), source: sourceHash(), wasm: '' };
check('source');
const wasm = build();
found.wasm = sha256(wasm);
check('wasm');
writeFileSync(pinFile, `${JSON.stringify(found, undefined, 2)}\n`);
writeFileSync(join(here, '../../src/checkpoint/compression/zstd-wasm.ts'), generated(wasm));
const licence = readFileSync(join(source, 'LICENSE'), 'utf8');
writeFileSync(join(here, '../../LICENSE.zstd'), `zstd ${found.zstd} (BSD-3-Clause)\n\n${licence}`);
console.log(`${wasm.length} bytes of WebAssembly, SHA-256 ${found.wasm}`);

function version(): string {
  const text = readFileSync(join(source, 'lib/zstd.h'), 'utf8');
  return ['MAJOR', 'MINOR', 'RELEASE']
    .map((part) => new RegExp(`#define ZSTD_VERSION_${part} +(\\d+)`).exec(text)?.[1])
    .join('.');
}

function compiler(): string {
  return execFileSync(clang, ['--version'], { encoding: 'utf8' }).split('\n')[0]!;
}

/** What `sha256sum LICENSE lib/*.h lib/common/*.[ch] lib/decompress/*.[ch] | sha256sum` prints in the C locale. */
function sourceHash(): string {
  const files = folders.flatMap((name) =>
    readdirSync(join(source, name))
      .filter((file) => (name === 'lib' ? /\.h$/ : /\.[ch]$/).test(file))
      .sort()
      .map((file) => `${name}/${file}`),
  );
  const lines = ['LICENSE', ...files].map((file) => `${sha256(readFileSync(join(source, file)))}  ${file}\n`);
  return sha256(lines.join(''));
}

function check(what: 'source' | 'wasm'): void {
  if (found[what] === pinned[what] || option === '--pin') return;
  const of = (pin: Pinned) => `${pin[what]} (zstd ${pin.zstd}, ${pin.clang})`;
  throw new Error(`The hash of the ${what} is ${of(found)}, but ${of(pinned)} is pinned.`);
}

function build(): Uint8Array {
  const out = mkdtempSync(join(tmpdir(), 'zstd-wasm-'));
  try {
    const include = [`-I${join(here, 'libc')}`, `-I${join(source, 'lib')}`];
    const inputs = [...units.map((unit) => join(source, unit)), join(here, 'decoder.c')];
    const file = join(out, 'zstd.wasm');
    execFileSync(clang, [...compile, ...include, ...inputs, `-Wl,${link.join(',')}`, '-o', file], { stdio: 'inherit' });
    return readFileSync(file);
  } finally {
    rmSync(out, { recursive: true });
  }
}

function generated(wasm: Uint8Array): string {
  return `// Generated by scripts/zstd/build.ts from the sources of zstd.
/*! zstd ${found.zstd}. Copyright (c) Meta Platforms, Inc. and affiliates. BSD-3-Clause, see LICENSE.zstd. */
export const zstdWasm: string =
  '${Buffer.from(wasm).toString('base64')}';
`;
}
