import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

type Settings = { hasLock?: boolean; ozonePlatform?: string };

let folder: string;
let log: string[];
let fakeApp: EventEmitter;
let becomeReady: () => void;
let windows: FakeWindow[];

class FakeWindow extends EventEmitter {
  readonly webContents = Object.assign(new EventEmitter(), { reload: () => {}, isDestroyed: () => false });
  constructor() {
    super();
    windows.push(this);
  }
  maximize(): void {}
  show = () => log.push('show');
  focus = () => log.push('focus');
  restore = () => log.push('restore');
  isMinimized = () => true;
  isMaximized = () => false;
  isDestroyed = () => false;
  getNormalBounds = () => ({ x: 1, y: 2, width: 800, height: 600 });
  loadURL = async (url: string) => void log.push(`load ${url}`);
}

/** Starts the main process on an Electron that writes down what it is asked to do. */
async function startApp({ hasLock = true, ozonePlatform = '' }: Settings = {}): Promise<void> {
  const note =
    (text: string) =>
    (...values: unknown[]) =>
      void log.push(
        [text, ...values.filter((value) => typeof value !== 'object' && typeof value !== 'function')].join(' '),
      );
  fakeApp = Object.assign(new EventEmitter(), {
    isPackaged: true,
    commandLine: { appendSwitch: note('switch'), getSwitchValue: () => ozonePlatform },
    requestSingleInstanceLock: () => hasLock,
    whenReady: () => new Promise<void>((resolve) => (becomeReady = resolve)),
    relaunch: ({ args }: { args: string[] }) => log.push(`relaunch ${args.at(-1)}`),
    exit: note('exit'),
    quit: note('quit'),
    setPath: note('set path'),
    getPath: () => folder,
    getVersion: () => '0.1.0',
    getPreferredSystemLanguages: () => ['ja-JP'],
    setAboutPanelOptions: () => {},
    enableSandbox: note('sandbox'),
    disableDomainBlockingFor3DAPIs: note('no domain blocking'),
  });
  const session = Object.assign(new EventEmitter(), {
    setPermissionRequestHandler: note('permissions'),
    setPermissionCheckHandler: () => {},
    setDevicePermissionHandler: () => {},
  });
  vi.doMock('electron', () => ({
    app: fakeApp,
    BrowserWindow: FakeWindow,
    dialog: { showErrorBox: note('error') },
    Menu: { setApplicationMenu: note('menu'), buildFromTemplate: (template: unknown) => template },
    protocol: { registerSchemesAsPrivileged: note('scheme'), handle: note('serve') },
    screen: { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] },
    session: { defaultSession: session },
    shell: {},
  }));
  vi.resetModules();
  await import('./index.ts');
}

async function ready(): Promise<void> {
  becomeReady();
  await expect.poll(() => log.some((line) => /^(load|error)/.test(line))).toBe(true);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tama-main-'));
  mkdirSync(join(folder, 'site'));
  writeFileSync(join(folder, 'site/index.html'), 'home');
  Object.assign(process, { resourcesPath: folder });
  log = [];
  windows = [];
  vi.stubEnv('WAYLAND_DISPLAY', undefined);
  vi.stubEnv('XDG_SESSION_TYPE', 'x11');
  vi.stubEnv('DISPLAY', ':0');
});
afterEach(() => {
  vi.doUnmock('electron');
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it('prepares everything before Chromium starts, and shows the app once it has', async () => {
  await startApp();
  expect(log).toEqual(expect.arrayContaining([`set path userData ${join(folder, 'Tama')}`, 'sandbox', 'scheme']));
  expect(log).toContain('no domain blocking');
  expect(windows).toEqual([]);
  await ready();
  expect(log.slice(-4)).toEqual(['permissions', 'serve app', 'menu', 'load app://tama/']);
  expect(windows).toHaveLength(1);
});

it('guards every page, whoever opens it', async () => {
  await startApp();
  const contents = Object.assign(new EventEmitter(), { setWindowOpenHandler: vi.fn() });
  fakeApp.emit('web-contents-created', {}, contents);
  expect(contents.setWindowOpenHandler).toHaveBeenCalledOnce();
  expect(contents.eventNames()).toEqual(
    expect.arrayContaining(['will-frame-navigate', 'will-redirect', 'will-attach-webview', 'select-bluetooth-device']),
  );
});

it('brings its window forward when it is started again', async () => {
  await startApp();
  await ready();
  fakeApp.emit('second-instance');
  expect(log.slice(-2)).toEqual(['restore', 'focus']);
  expect(windows).toHaveLength(1);
});

it('ends at once when another instance runs', async () => {
  await startApp({ hasLock: false });
  expect(log).toEqual(['quit']);
});

it('says what is missing when the site was not built', async () => {
  rmSync(join(folder, 'site'), { recursive: true });
  await startApp();
  await ready();
  expect(log.at(-2)).toContain('pnpm --filter desktop start');
  expect(log.at(-1)).toBe('exit 1');
  expect(windows).toEqual([]);
});

it.runIf(process.platform === 'linux')('starts again under X11 in a Wayland session, once', async () => {
  vi.stubEnv('WAYLAND_DISPLAY', 'wayland-0');
  await startApp();
  expect(log).toEqual(['relaunch --ozone-platform=x11', 'exit 0']);
  log = [];
  await startApp({ ozonePlatform: 'x11' });
  expect(log).toContain('scheme');
});
