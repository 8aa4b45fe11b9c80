import type { Session, WebContents } from 'electron';
import { appOrigin, isAppUrl } from './app-scheme.ts';

// What the chat itself asks for: the copy button, and storage that the system does not clear when space is short.
const granted: ReadonlySet<string> = new Set(['clipboard-sanitized-write', 'persistent-storage']);

/** True for the two permissions of our own pages; Electron would grant everything to everyone. */
function isGranted(permission: string, requestingUrl: string): boolean {
  return granted.has(permission) && isAppUrl(requestingUrl);
}

/**
 * Denies what the app does not use: camera, notifications, devices, and downloads from elsewhere.
 * https://www.electronjs.org/docs/latest/tutorial/security#5-handle-session-permission-requests-from-remote-content
 */
export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, answer, details) => {
    answer(isGranted(permission, details.requestingUrl));
  });
  session.setPermissionCheckHandler((_contents, permission, requestingOrigin) =>
    isGranted(permission, requestingOrigin),
  );
  session.setDevicePermissionHandler(() => false);
  session.on('select-hid-device', (event, _details, choose) => {
    event.preventDefault();
    choose();
  });
  session.on('select-usb-device', (event, _details, choose) => {
    event.preventDefault();
    choose();
  });
  session.on('select-serial-port', (event, _ports, _contents, choose) => {
    event.preventDefault();
    choose('');
  });
  session.on('will-download', (event, item) => {
    if (!isOwnDownload(item.getURL())) event.preventDefault();
  });
}

/** The picker of Bluetooth devices belongs to a page, not to the session. */
export function denyBluetooth(contents: Pick<WebContents, 'on'>): void {
  contents.on('select-bluetooth-device', (event, _devices, choose) => {
    event.preventDefault();
    choose('');
  });
}

/** A file that the page made itself, as an exported conversation is. */
function isOwnDownload(url: string): boolean {
  return isAppUrl(url) || url.startsWith(`blob:${appOrigin}/`);
}
