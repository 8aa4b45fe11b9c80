import type { BrowserWindowConstructorOptions } from 'electron';
import { minimumSize, type WindowState } from './window-state.ts';

/**
 * A window whose page is a web page and nothing more: sandboxed, isolated, without Node and without a preload script.
 * https://www.electronjs.org/docs/latest/tutorial/security
 */
export function windowOptions({ isMaximized: _, ...bounds }: WindowState): BrowserWindowConstructorOptions {
  return {
    ...bounds,
    minWidth: minimumSize.width,
    minHeight: minimumSize.height,
    title: 'Tama',
    show: false, // until there is something to see
    webPreferences: {
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      safeDialogs: true,
      spellcheck: false, // its dictionaries come from a server of Google's
      backgroundThrottling: false, // a reply goes on while the person looks elsewhere
    },
  };
}
