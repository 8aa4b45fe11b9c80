/**
 * Packs what a machine with a GPU and without a network needs to run the benchmarks: two archives that unpack into one
 * folder. `tama-bench-runtime.tar.gz` has Node, Dawn and the Vulkan loader of this machine, which must be of the same
 * system and processor; `tama-bench.tar.gz` has our sources and the demo model.
 *
 *   pnpm bench:pack [FOLDER]                                   default: bench/dist
 *
 * There: `for a in *.tar.gz; do tar xzf $a; done; sh tama-bench/run.sh`, which makes random models of 2B's shape at Q8_0
 * and F16, measures them and the kernels, and writes tama-bench/bench/results/ADAPTER.jsonl. Arguments are those of
 * `pnpm bench`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commit } from './report.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = ['errors', 'tokenizer', 'kernels-wgsl', 'core'];
const script = `#!/bin/sh
# Benchmarks of Tama; arguments as of pnpm bench.
cd "$(dirname "$0")" || exit 1
[ $# -gt 0 ] || set -- --only kernels --only models --only host --model 2b-q8_0 --model 2b-f16 --tuning auto
export LD_LIBRARY_PATH="\${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$PWD/runtime"
# Containers have NVIDIA's driver, but not always the manifest by which Vulkan finds it.
if [ -e /dev/nvidiactl ] && ! ls /etc/vulkan/icd.d/nvidia* /usr/share/vulkan/icd.d/nvidia* >/dev/null 2>&1; then
  export VK_ADD_DRIVER_FILES="$PWD/runtime/nvidia_icd.json"
fi
exec runtime/node --conditions=@tama/source bench/run.ts --save "$@"
`;
const manifest = {
  file_format_version: '1.0.0',
  ICD: { library_path: 'libGLX_nvidia.so.0', api_version: '1.3.0' },
};
const loaders = ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/lib64/libvulkan.so.1', '/usr/lib/libvulkan.so.1'];

const folder = process.argv[2] ?? join(root, 'bench/dist');
if (folder.startsWith('-')) {
  const asked = folder === '--help';
  (asked ? process.stdout : process.stderr).write('Usage: pnpm bench:pack [FOLDER]\n');
  process.exit(asked ? 0 : 2);
}
const output = resolve(folder);
await mkdir(output, { recursive: true });
const staging = await mkdtemp(join(tmpdir(), 'tama-bench-pack-'));
try {
  await stageSources(join(staging, 'sources/tama-bench'));
  await stageRuntime(join(staging, 'runtime/tama-bench'));
  for (const [folder, archive] of [
    ['sources', 'tama-bench.tar.gz'],
    ['runtime', 'tama-bench-runtime.tar.gz'],
  ] as const) {
    const path = join(output, archive);
    execFileSync('tar', ['-czf', path, '-C', join(staging, folder), 'tama-bench']);
    console.log(`${path}: ${((await stat(path)).size / 1e6).toFixed(1)} MB`);
  }
} finally {
  await rm(staging, { recursive: true });
}

/** Sources run as they are: Node strips their types, which it does not do inside node_modules, so those are links. */
async function stageSources(to: string): Promise<void> {
  const wanted = (path: string): boolean => !/node_modules|\.test\.ts$|\/dist$|\/results$|\/peers$/.test(path);
  await mkdir(join(to, 'node_modules/@tama'), { recursive: true });
  for (const name of packages) {
    const folder = `packages/${name}`;
    for (const part of ['package.json', 'src']) {
      await cp(join(root, folder, part), join(to, folder, part), { recursive: true, filter: wanted });
    }
    await symlink(join('../..', folder), join(to, 'node_modules/@tama', name));
    const { dependencies = {} } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'));
    for (const library of Object.keys(dependencies).filter((name) => !name.startsWith('@tama/'))) {
      const from = await realpath(join(root, folder, 'node_modules', library));
      await cp(from, join(to, 'node_modules', library), { recursive: true });
    }
  }
  await cp(join(root, 'bench'), join(to, 'bench'), { recursive: true, filter: (path) => wanted(path) });
  await writeFile(join(to, 'bench/commit'), await commit());
  for (const name of (await readdir(join(root, 'models/demo'))).filter((file) => file.endsWith('.gguf'))) {
    await cp(join(root, 'models/demo', name), join(to, 'models/demo', name));
  }
  await writeFile(join(to, 'run.sh'), script, { mode: 0o755 });
}

async function stageRuntime(to: string): Promise<void> {
  await mkdir(join(to, 'runtime'), { recursive: true });
  await cp(process.execPath, join(to, 'runtime/node'));
  const dawn = await realpath(join(root, 'bench/node_modules/webgpu'));
  const platform = process.platform === 'darwin' ? 'darwin-universal' : `${process.platform}-${process.arch}`;
  const others = (path: string) => basename(join(path, '..')) === 'dist' && basename(path) !== platform;
  await cp(dawn, join(to, 'node_modules/webgpu'), { recursive: true, filter: (path) => !others(path) });
  const loader = loaders.find((path) => existsSync(path));
  if (loader) await cp(await realpath(loader), join(to, 'runtime/libvulkan.so.1'));
  await writeFile(join(to, 'runtime/nvidia_icd.json'), JSON.stringify(manifest));
}
