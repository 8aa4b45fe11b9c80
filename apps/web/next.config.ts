import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { NextConfig } from 'next';

// Here rather than in the scripts, whose shell differs by system.
process.env.NEXT_TELEMETRY_DISABLED = '1';

const root = path.join(import.meta.dirname, '../..');

const config: NextConfig = {
  output: 'export',
  // `pnpm typecheck` does it, for all packages at once.
  typescript: { ignoreBuildErrors: true },
  turbopack: { root, resolveAlias: sourceAliases() },
};

export default config;

/**
 * The packages' sources, as their export condition `@tama/source` names them. Turbopack takes no conditions of ours;
 * with these aliases it compiles the sources, needs no `dist`, and reloads on a change in any package.
 */
function sourceAliases(): Record<string, string> {
  const aliases: Record<string, string> = {};
  for (const folder of readdirSync(path.join(root, 'packages'))) {
    const { name, exports } = JSON.parse(readFileSync(path.join(root, 'packages', folder, 'package.json'), 'utf8'));
    for (const [entry, target] of Object.entries<string | Record<string, string>>(exports)) {
      const source = typeof target === 'string' ? undefined : target['@tama/source'];
      if (source)
        aliases[name + entry.slice(1)] = path.relative(
          import.meta.dirname,
          path.join(root, 'packages', folder, source),
        );
    }
  }
  return aliases;
}
