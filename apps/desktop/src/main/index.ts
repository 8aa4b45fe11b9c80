/** The main process: what the app may do, set up in order. Each concern is a module of its own. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { app, type BrowserWindow, dialog, Menu, protocol, session, shell } from 'electron';
import { registerAppScheme, serveApp } from './app-scheme.ts';
import { chooseDisplay, x11Argument } from './display-server.ts';
import { openExternalSafe } from './external-links.ts';
import { gpuSwitches } from './gpu-switches.ts';
import { openMainWindow } from './main-window.ts';
import { menuTemplate } from './menu.ts';
import { chooseLocale, messages } from './messages.ts';
import { guardNavigation } from './navigation.ts';
import { denyBluetooth, denyPermissions } from './permissions.ts';

const isMac = process.platform === 'darwin';
const display = chooseDisplay(process.env, app.commandLine.getSwitchValue('ozone-platform'));

if (process.platform === 'linux' && display.relaunch) {
  app.relaunch({ args: [...process.argv.slice(1), x11Argument] });
  app.exit(0);
} else if (app.requestSingleInstanceLock()) {
  prepare();
  // Not awaited: Electron becomes ready only after this module has ended.
  void app.whenReady().then(start);
} else {
  app.quit();
}

/** What must happen before Chromium starts. */
function prepare(): void {
  // Conversations live in this folder: the name never changes.
  app.setPath('userData', join(app.getPath('appData'), 'Tama'));
  app.enableSandbox();
  registerAppScheme(protocol);
  for (const [name, value] of gpuSwitches(process.platform, display.server)) app.commandLine.appendSwitch(name, value);
  // Chromium would keep WebGPU from an origin whose GPU process crashed twice; this origin is the whole app.
  app.disableDomainBlockingFor3DAPIs();
  app.on('web-contents-created', (_event, contents) => {
    guardNavigation(contents, (url) => void openExternalSafe(shell, url));
    denyBluetooth(contents);
  });
}

function start(): void {
  const text = messages[chooseLocale(app.getPreferredSystemLanguages())];
  const siteFolder = app.isPackaged
    ? join(process.resourcesPath, 'site')
    : join(import.meta.dirname, '../../../web/out');
  if (!existsSync(join(siteFolder, 'index.html'))) {
    dialog.showErrorBox('Tama', text.siteMissing);
    app.exit(1);
    return;
  }
  denyPermissions(session.defaultSession);
  serveApp(protocol, siteFolder);
  app.setAboutPanelOptions({ applicationName: 'Tama', applicationVersion: app.getVersion(), copyright: 'Apache-2.0' });
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(text, { isMac, isPackaged: app.isPackaged })));
  keepOneWindow(() => openMainWindow(text));
}

/** One window, brought forward by a second start; on macOS the app outlives it. */
function keepOneWindow(open: () => BrowserWindow): void {
  let window = open();
  const show = () => {
    if (window.isDestroyed()) window = open();
    if (window.isMinimized()) window.restore();
    window.focus();
  };
  app.on('second-instance', show);
  app.on('activate', show);
  app.on('window-all-closed', () => {
    if (!isMac) app.quit();
  });
}
