import type { DisplayServer } from './gpu-switches.ts';

/** Chooses X11 where it is given on the command line. */
export const x11Argument = '--ozone-platform=x11';

export type DisplayChoice = { readonly server: DisplayServer; readonly relaunch: boolean };

/**
 * Which window system to use on Linux. A Wayland session nearly always offers X11 too (XWayland), and only there does
 * Chromium give WebGPU a Vulkan adapter on every vendor's hardware. Chromium reads the choice before our code runs, so
 * it takes a second start with the argument; an explicit `--ozone-platform` is obeyed.
 */
export function chooseDisplay(
  environment: Readonly<Record<string, string | undefined>>,
  explicit: string,
): DisplayChoice {
  if (explicit === 'x11' || explicit === 'wayland') return { server: explicit, relaunch: false };
  const isWayland = Boolean(environment.WAYLAND_DISPLAY) || environment.XDG_SESSION_TYPE === 'wayland';
  if (!isWayland) return { server: 'x11', relaunch: false };
  return environment.DISPLAY ? { server: 'x11', relaunch: true } : { server: 'wayland', relaunch: false };
}
