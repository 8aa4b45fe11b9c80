/// <reference types="node" />
import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where programs of this platform keep what can be fetched again, or `TAMA_CACHE`. */
export function nodeCacheFolder(
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (env.TAMA_CACHE) return env.TAMA_CACHE;
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'tama');
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'tama', 'Cache');
  // An XDG path has to be absolute, else it is to be ignored.
  return join(env.XDG_CACHE_HOME?.startsWith('/') ? env.XDG_CACHE_HOME : join(home, '.cache'), 'tama');
}
