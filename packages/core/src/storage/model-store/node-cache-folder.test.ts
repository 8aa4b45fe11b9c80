import { expect, it } from 'vitest';
import { nodeCacheFolder } from './node-cache-folder.ts';

it.each([
  ['linux', {}, '/home/k/.cache/tama'],
  ['linux', { XDG_CACHE_HOME: '/var/k' }, '/var/k/tama'],
  ['linux', { XDG_CACHE_HOME: 'relative' }, '/home/k/.cache/tama'],
  ['darwin', { XDG_CACHE_HOME: '/var/k' }, '/home/k/Library/Caches/tama'],
  ['win32', { LOCALAPPDATA: '/local' }, '/local/tama/Cache'],
  ['win32', {}, '/home/k/AppData/Local/tama/Cache'],
  ['linux', { TAMA_CACHE: '/models' }, '/models'],
] as const)('on %s with %j models are kept in %s', (platform, env, folder) => {
  expect(nodeCacheFolder(env, platform, '/home/k').replaceAll('\\', '/')).toBe(folder);
});
