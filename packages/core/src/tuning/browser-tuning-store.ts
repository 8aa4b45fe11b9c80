import type { TuningStore } from './tuning-store.ts';

// A name that can never be fetched by accident. The page's own address would not do: under app:// there is no caching.
const address = 'https://tama.invalid/tuning.json';

/** The Cache API and Web Locks, which pages and workers have; undefined where there are none. */
export function browserTuningStore(
  storage = globalThis.caches as CacheStorage | undefined,
  locks = globalThis.navigator?.locks as LockManager | undefined,
): TuningStore | undefined {
  if (!storage || !locks) return undefined;
  return {
    async read() {
      return (await (await storage.open('tama-tuning')).match(address))?.json();
    },
    async write(value) {
      await (await storage.open('tama-tuning')).put(address, Response.json(value));
    },
    exclusive: (use) => locks.request('tama-tuning', use),
  };
}
