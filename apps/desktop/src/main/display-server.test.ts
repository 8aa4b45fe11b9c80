import { describe, expect, it } from 'vitest';
import { chooseDisplay } from './display-server.ts';
import { gpuSwitches } from './gpu-switches.ts';

describe('the window system on Linux', () => {
  it('is X11 in an X11 session, without a second start', () => {
    expect(chooseDisplay({ DISPLAY: ':0', XDG_SESSION_TYPE: 'x11' }, '')).toEqual({ server: 'x11', relaunch: false });
  });

  it('becomes X11 in a Wayland session that offers it, where Vulkan and so WebGPU works', () => {
    const environment = { DISPLAY: ':0', WAYLAND_DISPLAY: 'wayland-0' };
    expect(chooseDisplay(environment, '')).toEqual({ server: 'x11', relaunch: true });
    expect(chooseDisplay(environment, 'x11')).toEqual({ server: 'x11', relaunch: false });
  });

  it('stays Wayland where that is all there is, or what the person asked for', () => {
    expect(chooseDisplay({ XDG_SESSION_TYPE: 'wayland' }, '')).toEqual({ server: 'wayland', relaunch: false });
    expect(chooseDisplay({ DISPLAY: ':0', WAYLAND_DISPLAY: 'wayland-0' }, 'wayland').server).toBe('wayland');
  });
});

describe('WebGPU switches', () => {
  const names = (platform: NodeJS.Platform, display: 'x11' | 'wayland' = 'x11') =>
    gpuSwitches(platform, display).map((parts) => parts.join('='));

  it('turn Vulkan on under X11 and never under Wayland, where no window would appear', () => {
    expect(names('linux')).toEqual([
      'enable-unsafe-webgpu',
      'enable-features=Vulkan,VulkanFromANGLE',
      'use-angle=vulkan',
    ]);
    expect(names('linux', 'wayland').join()).not.toMatch(/vulkan/i);
  });

  it('ask for the discrete processor on Windows and for nothing on macOS', () => {
    expect(names('win32')).toEqual(['force_high_performance_gpu']);
    expect(names('darwin')).toEqual([]);
  });
});
