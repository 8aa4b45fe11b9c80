import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { windowOptions } from './window-options.ts';
import {
  defaultState,
  fitToScreens,
  minimumSize,
  parseWindowState,
  readWindowState,
  writeWindowState,
} from './window-state.ts';

const laptop = { x: 0, y: 25, width: 1440, height: 875 };
const monitor = { x: 1440, y: 0, width: 2560, height: 1400 };
const state = { x: 1500, y: 100, width: 1200, height: 900, isMaximized: false };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tama-state-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the window', () => {
  it('is where it was', () => {
    const path = join(folder, 'window-state.json');
    writeWindowState(path, state);
    expect(readWindowState(path)).toEqual(state);
    expect(fitToScreens(state, [laptop, monitor])).toEqual(state);
    expect(readdirSync(folder)).toEqual(['window-state.json']);
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"width":"wide","height":1}',
    '{"width":1e99,"height":5}',
    '{"width":900.5,"height":5}',
  ])('has its usual size when the file says %j', (text) => {
    const path = join(folder, 'window-state.json');
    writeFileSync(path, text);
    expect(readWindowState(path)).toEqual(defaultState);
  });

  it('has its usual size when there is no file, and no place when only one coordinate is known', () => {
    expect(readWindowState(join(folder, 'absent.json'))).toEqual(defaultState);
    expect(parseWindowState({ x: 5, width: 900, height: 700 })).toEqual({
      width: 900,
      height: 700,
      isMaximized: false,
    });
  });

  it('comes back to a screen that is there when its own is gone', () => {
    expect(fitToScreens(state, [laptop])).toEqual({ width: 1200, height: 875, isMaximized: false });
    expect(fitToScreens({ ...state, x: 3990 }, [laptop, monitor])).not.toHaveProperty('x');
    expect(fitToScreens({ ...state, y: -400 }, [laptop, monitor])).not.toHaveProperty('y');
  });

  it('is never larger than its screen nor too small to use', () => {
    expect(fitToScreens({ ...state, width: 9000, height: 9000 }, [laptop, monitor])).toMatchObject({
      width: 2560,
      height: 1400,
    });
    expect(fitToScreens({ ...state, width: 1, height: 1 }, [laptop])).toMatchObject(minimumSize);
  });

  it('shows a web page and nothing more', () => {
    const { webPreferences, x, y } = windowOptions(state);
    expect({ x, y }).toEqual({ x: 1500, y: 100 });
    expect(webPreferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      webSecurity: true,
      webviewTag: false,
      backgroundThrottling: false,
    });
    expect(webPreferences).not.toHaveProperty('preload');
  });
});
