import { readFileSync, renameSync, writeFileSync } from 'node:fs';

export type Rectangle = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

/** Where the window was, in device-independent pixels. */
export type WindowState = Partial<Rectangle> & {
  readonly width: number;
  readonly height: number;
  readonly isMaximized: boolean;
};

export const defaultState: WindowState = { width: 1100, height: 800, isMaximized: false };
export const minimumSize = { width: 360, height: 480 } as const;

// So much of the title bar must be on a screen for a hand to find it.
const reachable = 100;

/** The state that a file holds; the default where the file is missing or damaged. */
export function readWindowState(path: string): WindowState {
  try {
    return parseWindowState(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return defaultState;
  }
}

/** Replaces the file in one step, so that it is never half written. */
export function writeWindowState(path: string, state: WindowState): void {
  writeFileSync(`${path}.new`, JSON.stringify(state));
  renameSync(`${path}.new`, path);
}

export function parseWindowState(value: unknown): WindowState {
  const { x, y, width, height, isMaximized } = (value ?? {}) as Record<string, unknown>;
  if (!isPixels(width) || !isPixels(height)) return defaultState;
  const place = isPixels(x) && isPixels(y) ? { x, y } : {};
  return { ...place, width, height, isMaximized: isMaximized === true };
}

/** The state on the screens that are there now: centred where the old place is off them, never larger than one. */
export function fitToScreens(state: WindowState, workAreas: readonly Rectangle[]): WindowState {
  const { x, y, isMaximized } = state;
  const home =
    x === undefined || y === undefined ? undefined : workAreas.find((area) => holdsTitleBar(area, x, y, state));
  const area = home ?? workAreas[0];
  const width = Math.max(minimumSize.width, Math.min(state.width, area?.width ?? state.width));
  const height = Math.max(minimumSize.height, Math.min(state.height, area?.height ?? state.height));
  return home ? { ...state, width, height } : { width, height, isMaximized };
}

function holdsTitleBar(area: Rectangle, x: number, y: number, { width }: WindowState): boolean {
  const visible = Math.min(x + width, area.x + area.width) - Math.max(x, area.x);
  return visible >= reachable && y >= area.y && y < area.y + area.height - reachable;
}

function isPixels(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 100_000;
}
