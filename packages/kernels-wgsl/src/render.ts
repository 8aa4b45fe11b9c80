/// <reference path="./wgsl-preprocessor.d.ts" />
import { wgsl } from 'wgsl-preprocessor/wgsl-preprocessor.js';

/**
 * Expands `#if ${flag}` and `${slot}` in a shader. wgsl-preprocessor is a template tag; a file is made to look like
 * its template literal.
 *
 * @throws if a placeholder has no value: a silent `undefined` would switch a branch off.
 */
export function render(source: string, values: Readonly<Record<string, string | boolean>>): string {
  const strings: string[] = [];
  const substitutions: (string | boolean)[] = [];
  for (const [index, part] of source.split(/\$\{(\w+)\}/).entries()) {
    if (index % 2 === 0) {
      strings.push(part);
      continue;
    }
    const value = values[part];
    if (value === undefined) throw new Error(`The shader's placeholder \${${part}} has no value.`);
    substitutions.push(value);
  }
  return wgsl(strings, ...substitutions);
}
