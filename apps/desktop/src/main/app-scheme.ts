import { type StaticSite, staticSite } from '@tama/static-site';
import type { Protocol } from 'electron';

/**
 * Where the app lives. IndexedDB, OPFS and every conversation belong to this origin, so it never changes.
 * https://www.electronjs.org/docs/latest/tutorial/security#18-avoid-usage-of-the-file-protocol-and-prefer-usage-of-custom-protocols
 */
const appScheme = 'app';
const appHost = 'tama';
export const appOrigin = `${appScheme}://${appHost}`;

/** True for an address within the app itself. */
export function isAppUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, host } = new URL(url);
  return protocol === `${appScheme}:` && host === appHost;
}

/**
 * Makes the scheme a secure origin, with WebGPU, OPFS and workers. To be called once, before the app is ready: a
 * second call would replace this one. `corsEnabled` stays off, as it would let other origins read the app.
 */
export function registerAppScheme(protocol: Pick<Protocol, 'registerSchemesAsPrivileged'>): void {
  const privileges = { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true };
  protocol.registerSchemesAsPrivileged([{ scheme: appScheme, privileges }]);
}

/** Answers `app://tama/` from the exported site. */
export function serveApp(protocol: Pick<Protocol, 'handle'>, siteFolder: string): void {
  protocol.handle(appScheme, onlyOwnHost(staticSite(siteFolder)));
}

/** Another host under our scheme would be another origin with the same files. */
function onlyOwnHost(site: StaticSite): StaticSite {
  return async (request) => (isAppUrl(request.url) ? site(request) : new Response(null, { status: 403 }));
}
