import { EventEmitter } from 'node:events';
import type { Session, WebContents } from 'electron';
import { describe, expect, it } from 'vitest';
import { denyBluetooth, denyPermissions } from './permissions.ts';

type Handlers = {
  request?: Parameters<Session['setPermissionRequestHandler']>[0];
  check?: Parameters<Session['setPermissionCheckHandler']>[0];
  device?: Parameters<Session['setDevicePermissionHandler']>[0];
};

function guardedSession() {
  const handlers: Handlers = {};
  const session = Object.assign(new EventEmitter(), {
    setPermissionRequestHandler: (handler: NonNullable<Handlers['request']>) => (handlers.request = handler),
    setPermissionCheckHandler: (handler: NonNullable<Handlers['check']>) => (handlers.check = handler),
    setDevicePermissionHandler: (handler: NonNullable<Handlers['device']>) => (handlers.device = handler),
  });
  denyPermissions(session as unknown as Session);
  return { session, handlers };
}

/** What the request handler and the check handler say; they must agree. */
function decide(permission: string, origin: string): boolean {
  const { request, check } = guardedSession().handlers;
  let requested: boolean | undefined;
  const details = { requestingUrl: `${origin}/`, isMainFrame: true };
  request?.({} as WebContents, permission as never, (granted) => (requested = granted), details as never);
  const checked = check?.(null, permission as never, `${origin}/`, {} as never);
  expect(requested).toBe(checked);
  return requested as boolean;
}

describe('permissions', () => {
  it.each(['clipboard-sanitized-write', 'persistent-storage'])(
    'grants %s to the app and to no one else',
    (permission) => {
      expect(decide(permission, 'app://tama')).toBe(true);
      expect(decide(permission, 'https://example.com')).toBe(false);
      expect(decide(permission, 'app://other')).toBe(false);
    },
  );

  it.each([
    'media',
    'geolocation',
    'notifications',
    'clipboard-read',
    'display-capture',
    'openExternal',
    'fileSystem',
    'hid',
    'serial',
    'usb',
    'midiSysex',
    'local-network-access',
    'idle-detection',
    'unknown',
  ])('denies %s even to the app', (permission) => {
    expect(decide(permission, 'app://tama')).toBe(false);
  });

  it('hands out no device', () => {
    const { session, handlers } = guardedSession();
    expect(handlers.device?.({} as never)).toBe(false);
    const contents = new EventEmitter();
    denyBluetooth(contents as unknown as WebContents);
    const chosen: unknown[] = [];
    let prevented = 0;
    const event = { preventDefault: () => (prevented += 1) };
    const choose = (device?: string) => chosen.push(device);
    session.emit('select-hid-device', event, {}, choose);
    session.emit('select-usb-device', event, {}, choose);
    session.emit('select-serial-port', event, [], contents, choose);
    contents.emit('select-bluetooth-device', event, [], choose);
    expect(prevented).toBe(4);
    expect(chosen).toEqual([undefined, undefined, '', '']);
  });

  it('saves only what the page made itself', () => {
    const { session } = guardedSession();
    const isSaved = (url: string) => {
      let prevented = false;
      session.emit('will-download', { preventDefault: () => (prevented = true) }, { getURL: () => url });
      return !prevented;
    };
    expect(isSaved('blob:app://tama/0b1c')).toBe(true);
    expect(isSaved('app://tama/model.gguf')).toBe(true);
    expect(isSaved('https://example.com/run.exe')).toBe(false);
    expect(isSaved('blob:https://example.com/0b1c')).toBe(false);
    expect(isSaved('data:application/octet-stream,x')).toBe(false);
  });
});
