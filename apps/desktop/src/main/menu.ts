import type { MenuItemConstructorOptions } from 'electron';
import type { Messages } from './messages.ts';

type Item = MenuItemConstructorOptions;

export type MenuOptions = { readonly isMac: boolean; readonly isPackaged: boolean };

/** The menu bar: standard roles with labels in the person's language, as Electron's own are English. */
export function menuTemplate(text: Messages, { isMac, isPackaged }: MenuOptions): Item[] {
  const line: Item = { type: 'separator' };
  const about: Item = { role: 'about', label: text.about };
  const quit: Item = { role: 'quit', label: text.quit };
  const application: Item = {
    label: 'Tama',
    submenu: [
      about,
      line,
      { role: 'services', label: text.services },
      line,
      { role: 'hide', label: text.hide },
      { role: 'hideOthers', label: text.hideOthers },
      { role: 'unhide', label: text.showAll },
      line,
      quit,
    ],
  };
  const close: Item = { role: 'close', label: text.close };
  const file: Item = { label: text.file, submenu: isMac ? [close] : [close, line, about, quit] };
  const edit: Item = {
    label: text.edit,
    submenu: [
      { role: 'undo', label: text.undo },
      { role: 'redo', label: text.redo },
      line,
      { role: 'cut', label: text.cut },
      { role: 'copy', label: text.copy },
      { role: 'paste', label: text.paste },
      { role: 'pasteAndMatchStyle', label: text.pastePlain },
      { role: 'selectAll', label: text.selectAll },
    ],
  };
  const developer: Item[] = isPackaged ? [] : [{ role: 'toggleDevTools', label: text.developerTools }];
  const view: Item = {
    label: text.view,
    submenu: [
      { role: 'reload', label: text.reload },
      ...developer,
      line,
      { role: 'resetZoom', label: text.actualSize },
      { role: 'zoomIn', label: text.zoomIn },
      { role: 'zoomOut', label: text.zoomOut },
      line,
      { role: 'togglefullscreen', label: text.fullScreen },
    ],
  };
  const window: Item = {
    label: text.window,
    role: 'window',
    submenu: [
      { role: 'minimize', label: text.minimize },
      ...(isMac
        ? [{ role: 'zoom', label: text.zoom } as Item, line, { role: 'front', label: text.front } as Item]
        : []),
    ],
  };
  return [...(isMac ? [application] : []), file, edit, view, window];
}
