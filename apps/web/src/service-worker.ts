/** A build of the site: its addresses, and a name that is another one for every other content. */
export type SiteBuild = { readonly version: string; readonly addresses: readonly string[] };

/** What we use of ServiceWorkerGlobalScope, whose types exclude those of a page. */
export type ServiceWorkerScope = {
  readonly location: { readonly origin: string };
  readonly caches: CacheStorage;
  readonly fetch: typeof fetch;
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: LifetimeEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
};
type LifetimeEvent = { waitUntil(work: Promise<unknown>): void };
type FetchEvent = { readonly request: Request; respondWith(answer: Promise<Response>): void };

/**
 * The whole of the site's service worker: keeps the files of one build, and answers from them where the network does not.
 * The network comes first, so that a page is never older than its site, and what else is served at this address later
 * is not hidden. Answers keep their headers, and with them their security policy.
 *
 * Its text is written into a file of its own (`scripts/write-service-worker.ts`): it may use nothing from outside.
 */
export function serveOffline(scope: ServiceWorkerScope, { version, addresses }: SiteBuild): void {
  const prefix = 'tama-site-';
  const name = prefix + version;

  async function keep(): Promise<void> {
    await (await scope.caches.open(name)).addAll([...addresses]); // all or none
    await scope.skipWaiting();
  }

  async function takeOver(): Promise<void> {
    await scope.clients.claim();
    const others = (await scope.caches.keys()).filter((other) => other.startsWith(prefix) && other !== name);
    await Promise.all(others.map((other) => scope.caches.delete(other)));
  }

  async function answer(request: Request): Promise<Response> {
    try {
      return await scope.fetch(request);
    } catch (error) {
      const kept = await scope.caches.match(request.url, { cacheName: name, ignoreSearch: true });
      if (!kept) throw error;
      return part(kept, request.headers.get('range'));
    }
  }

  /** Models are read by ranges, and a cache keeps whole answers only. */
  async function part(whole: Response, range: string | null): Promise<Response> {
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
    if (from === undefined) return whole;
    const bytes = await whole.blob();
    const start = Number(from);
    const end = Math.min(to ? Number(to) : Number.POSITIVE_INFINITY, bytes.size - 1);
    const headers = new Headers(whole.headers);
    headers.set('content-range', start > end ? `bytes */${bytes.size}` : `bytes ${start}-${end}/${bytes.size}`);
    if (start > end) return new Response(null, { status: 416, headers });
    headers.set('content-length', String(end - start + 1));
    return new Response(bytes.slice(start, end + 1), { status: 206, headers });
  }

  scope.addEventListener('install', (event) => event.waitUntil(keep()));
  scope.addEventListener('activate', (event) => event.waitUntil(takeOver()));
  scope.addEventListener('fetch', (event) => {
    const { method, url } = event.request;
    if (method === 'GET' && new URL(url).origin === scope.location.origin) event.respondWith(answer(event.request));
  });
}
