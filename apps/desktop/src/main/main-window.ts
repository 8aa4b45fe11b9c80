import { join } from 'node:path';
import { app, BrowserWindow, dialog, screen } from 'electron';
import { appOrigin } from './app-scheme.ts';
import { recoverFromCrashes } from './crash-recovery.ts';
import type { Messages } from './messages.ts';
import { windowOptions } from './window-options.ts';
import { fitToScreens, readWindowState, writeWindowState } from './window-state.ts';

/** Opens the window where it was last time, and sees to it that it comes back after a crash. */
export function openMainWindow(text: Messages): BrowserWindow {
  const stateFile = join(app.getPath('userData'), 'window-state.json');
  const workAreas = screen.getAllDisplays().map(({ workArea }) => workArea);
  const state = fitToScreens(readWindowState(stateFile), workAreas);
  const window = new BrowserWindow(windowOptions(state));
  if (state.isMaximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.on('close', () => {
    writeWindowState(stateFile, { ...window.getNormalBounds(), isMaximized: window.isMaximized() });
  });
  recoverFromCrashes(app, window.webContents, { ask: (what) => askAfterCrash(window, text, what) });
  void window.loadURL(`${appOrigin}/`);
  return window;
}

async function askAfterCrash(window: BrowserWindow, text: Messages, what: 'gpu' | 'page') {
  const { response } = await dialog.showMessageBox(window, {
    type: 'warning',
    message: what === 'gpu' ? text.gpuCrashed : text.pageCrashed,
    detail: what === 'gpu' ? text.gpuCrashedDetail : text.pageCrashedDetail,
    buttons: [text.tryAgain, text.quit],
    defaultId: 0,
    cancelId: 0,
  });
  return response === 0 ? 'reload' : 'quit';
}
