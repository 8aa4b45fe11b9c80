/**
 * WGSL for one more matrix in the same shader: what it declares, and the bindings `weights` and `scales` that it reads,
 * have `suffix` after their names.
 */
export function renamed(wgsl: string, suffix: string): string {
  const declared = Array.from(wgsl.matchAll(/^(?:fn|struct|const) (\w+)/gm), ([, name]) => name);
  const names = new RegExp(`\\b(?:${['weights', 'scales', ...declared].join('|')})\\b`, 'g');
  return wgsl.replace(names, (name) => name + suffix);
}
