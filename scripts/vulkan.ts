import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The Vulkan drivers that compute on the CPU, with which GPU tests run everywhere alike. */
export const softwareAdapters = ['llvmpipe', 'swiftshader'] as const;
export type SoftwareAdapter = (typeof softwareAdapters)[number];

// Mesa registers its driver with the loader. SwiftShader comes inside Chromium and Chrome, beside the program.
const folders: Readonly<Record<SoftwareAdapter, readonly string[]>> = {
  llvmpipe: ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d'],
  swiftshader: ['/usr/lib/chromium', '/usr/lib64/chromium-browser', '/opt/google/chrome', '/opt/chromium'],
};
const names: Readonly<Record<SoftwareAdapter, RegExp>> = {
  llvmpipe: /^lvp_icd.*\.json$/,
  swiftshader: /^vk_swiftshader_icd\.json$/,
};

/** The manifest that names an adapter's driver to the Vulkan loader, or undefined where it is not installed. */
export function driverManifest(adapter: SoftwareAdapter): string | undefined {
  for (const folder of folders[adapter]) {
    const name = existsSync(folder) && readdirSync(folder).find((candidate) => names[adapter].test(candidate));
    if (name) return join(folder, name);
  }
  return undefined;
}

/**
 * The environment in which the Vulkan loader offers this adapter and no other. SwiftShader's subgroups have 4 lanes,
 * llvmpipe's as many as it is told, up to 16: else as many as fit this CPU's vectors.
 */
export function adapterEnvironment(adapter: SoftwareAdapter, lanes: 4 | 8 | 16 = 8): Record<string, string> {
  const manifest = driverManifest(adapter);
  return {
    TAMA_TEST_ADAPTER: adapter,
    TAMA_TEST_SUBGROUP_SIZE: String(adapter === 'llvmpipe' ? lanes : 4),
    ...(adapter === 'llvmpipe' && { LP_NATIVE_VECTOR_WIDTH: String(32 * lanes) }),
    XDG_RUNTIME_DIR: runtimeFolder(),
    ...(manifest && { VK_DRIVER_FILES: manifest, VK_ICD_FILENAMES: manifest }),
  };
}

let folder: string | undefined;

/** Drivers complain on every start where this folder is missing, as it is on build machines. */
function runtimeFolder(): string {
  if (!folder) {
    const made = mkdtempSync(join(tmpdir(), 'tama-runtime-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return folder;
}
