/**
 * Writes `X.wgsl.ts` beside every `X.wgsl`: the shader text with its `#include`s expanded, and what the host must
 * know of it (binding indices and access, the layout of `Params`), so that a misspelt parameter is a compile error.
 *
 *   node scripts/codegen.ts [--watch]
 */
import { mkdirSync, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { globals } from 'webgpu';
import { render } from '../src/render.ts';

// webgpu-utils reads GPUShaderStage when it is imported.
Object.assign(globalThis, globals);
const { makeShaderDataDefinitions } = await import('webgpu-utils');

const root = resolve(import.meta.dirname, '../src');

/** `#include "path"` lines replaced by the file's text, each file once. */
function expandIncludes(path: string, seen = new Set<string>()): string {
  return readFileSync(path, 'utf8').replace(/^#include "(.+)"$/gm, (_, target: string) => {
    const included = resolve(dirname(path), target);
    if (seen.has(included)) return '';
    seen.add(included);
    return expandIncludes(included, seen).trimEnd();
  });
}

function generate(path: string): string {
  const source = expandIncludes(path);
  const flags = [...new Set([...source.matchAll(/#(?:el)?if \$\{(\w+)\}/g)].map((match) => match[1] as string))];
  const slots = [...new Set([...source.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1] as string))].filter(
    (name) => !flags.includes(name),
  );
  const lines = [`// Generated from ${relative(dirname(path), path)} by scripts/codegen.ts.`, ''];
  const values: Record<string, string | boolean> = Object.fromEntries(flags.map((flag) => [flag, false]));
  // What bindings and parameters do not depend on.
  for (const slot of slots) {
    values[slot] = slot === 'weights' ? readFileSync(join(root, 'weights/f32/f32.wgsl'), 'utf8') : '';
  }

  lines.push(`export const source = ${JSON.stringify(source)};`);
  lines.push(`export const flags = ${JSON.stringify(flags)} as const;`);
  lines.push('export type Flag = (typeof flags)[number];');
  if (/@compute/.test(source)) lines.push(...describe(render(source, values), path));
  return `${lines.join('\n')}\n`;
}

/** Bindings and the `Params` uniform of a complete shader. */
function describe(code: string, path: string): string[] {
  // webgpu-utils' parser does not know these directives and some expressions; neither they nor functions change a binding.
  const directives = /^\s*(enable|requires)\b.*$/gm;
  const functions = /^(@.*\n)*fn (.*\}$|[\s\S]*?^\})/gm;
  const definitions = makeShaderDataDefinitions(code.replace(directives, '').replace(functions, ''));
  const access = new Map(
    [...code.matchAll(/@binding\((\d+)\)\s*var<([^>]+)>\s*(\w+)/g)].map((match) => [
      match[3] as string,
      { binding: Number(match[1]), type: bindingType((match[2] as string).split(',').map((word) => word.trim())) },
    ]),
  );
  const params = definitions.uniforms.params;
  if (!params || !('fields' in params.typeDefinition)) throw new Error(`${path}: no uniform 'params: Params' found`);
  const struct = params.typeDefinition as { fields: Record<string, { offset: number; type: { type?: string } }> };
  const fields = Object.entries(struct.fields).map(
    ([
      name,
      {
        offset,
        type: { type },
      },
    ]) => {
      if (type !== 'u32' && type !== 'i32' && type !== 'f32') {
        throw new Error(`${path}: Params.${name} must be u32, i32 or f32`);
      }
      return { name, offset, type };
    },
  );
  const buffers = [...access].filter(([name]) => name !== 'params');
  return [
    `export const layout = ${JSON.stringify({ binding: access.get('params')?.binding, size: params.size, fields })} as const;`,
    `export const bindings = ${JSON.stringify(Object.fromEntries(buffers))} as const;`,
    `export type Params = { ${fields.map(({ name }) => `readonly ${name}: number`).join('; ')} };`,
    'export type Binding = keyof typeof bindings;',
  ];
}

function bindingType([space, mode]: string[]): GPUBufferBindingType {
  if (space === 'uniform') return 'uniform';
  return mode === 'read_write' ? 'storage' : 'read-only-storage';
}

function generateAll(): void {
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith('.wgsl')) continue;
    const path = join(entry.parentPath, entry.name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.ts`, generate(path));
  }
}

generateAll();
if (process.argv.includes('--watch')) {
  watch(root, { recursive: true }, (_, name) => {
    if (name?.endsWith('.wgsl')) generateAll();
  });
}
