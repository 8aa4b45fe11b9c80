export type Switch = readonly [name: string, value?: string];

/** The window system that Chromium draws with on Linux; elsewhere there is one only. */
export type DisplayServer = 'x11' | 'wayland';

/**
 * Chromium's switches for WebGPU on the graphics processor, to be set before the app is ready.
 *
 * - Linux, X11: Dawn needs Vulkan, which Electron leaves off (electron#41763, gpuweb#5022).
 * - Linux, Wayland: with the Vulkan feature on, no frame is drawn and no window appears (Chromium's Wayland surface
 *   factory refuses Vulkan), so only the adapter block list is lifted; see display-server.ts.
 * - Windows: `powerPreference` is ignored there (crbug.com/369219127), so the discrete processor is asked for.
 * - macOS: Metal needs nothing.
 */
export function gpuSwitches(platform: NodeJS.Platform, display: DisplayServer): readonly Switch[] {
  if (platform === 'win32') return [['force_high_performance_gpu']];
  if (platform !== 'linux') return [];
  const unblocked: Switch = ['enable-unsafe-webgpu'];
  if (display === 'wayland') return [unblocked];
  return [unblocked, ['enable-features', 'Vulkan,VulkanFromANGLE'], ['use-angle', 'vulkan']];
}
