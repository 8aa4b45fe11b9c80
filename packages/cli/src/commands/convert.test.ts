import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { weightTypes as coreTypes } from '@tama/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Inspection } from '../inspection.ts';
import { nodeDependencies } from '../node-dependencies.ts';
import { tama } from '../testing/harness.ts';
import { repositoryPath } from '../testing/spawn-tama.ts';
import { weightTypes } from './convert.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tama convert '));
});
afterAll(() => rm(folder, { recursive: true }));

const { inspect } = nodeDependencies;
const inspected = async (path: string, ...options: string[]): Promise<Inspection> => {
  const { exitCode, stdout, stderr } = await tama(['inspect', path, '--json', ...options], {
    dependencies: { inspect },
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return JSON.parse(stdout) as Inspection;
};

const tiny = repositoryPath('fixtures/tiny/hf');

describe('tama convert', () => {
  it('knows the types that there are', () => {
    expect(weightTypes).toEqual(coreTypes);
  });

  it('writes a GGUF that holds what was asked for, and nothing beside it', async () => {
    const output = join(folder, 'q8.gguf');
    const { exitCode, stdout, stderr } = await tama(['convert', tiny, output, '--type', 'q8_0', '--name', 'Small one']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe(`${output}: 373.98 kB\n`);
    const inspection = await inspected(output, '--verify');
    expect(inspection).toMatchObject({ format: 'gguf', name: 'Small one', verified: { tensors: 46 } });
    expect(inspection.tensors.byEncoding).toMatchObject({ q8_0: { tensors: 29 }, f32: { tensors: 17 } });
    expect(await readdir(folder)).toEqual(['q8.gguf']);
  });

  it('writes a folder, or a file in one, from any format', async () => {
    const output = join(folder, 'new', 'folder');
    await tama(['convert', repositoryPath('fixtures/tiny/keras'), output, '--quant', 'f16']);
    expect(await inspected(output)).toMatchObject({
      format: 'safetensors',
      tensors: { byEncoding: { f16: { tensors: 46 } } },
    });
    const file = join(folder, 'other', 'weights.safetensors');
    expect((await tama(['convert', output, file])).exitCode).toBe(0);
    expect(await readdir(join(folder, 'other'))).toEqual(['config.json', 'weights.safetensors']);
    expect((await inspected(file, '--verify')).tensors).toEqual((await inspected(output)).tensors);
  });

  it('does not replace the model that it reads', async () => {
    const own = join(folder, 'own');
    await cp(tiny, own, { recursive: true });
    const config = await readFile(join(own, 'config.json'));
    const file = join(own, 'model-00001-of-00002.safetensors');
    const gguf = join(own, 'model.gguf');
    for (let run = 0; run < 2; run++) expect((await tama(['convert', own, gguf])).exitCode).toBe(0);
    await symlink(gguf, join(own, 'link.gguf'));
    const parts = [1, 2, 3].map((part) => `small-q4_k_m-split-0000${part}-of-00003.gguf`);
    const split = join(folder, 'split');
    await mkdir(split);
    for (const part of parts) await cp(repositoryPath(`fixtures/small/gguf/${part}`), join(split, part));
    const before = await Promise.all(parts.map((part) => readFile(join(split, part))));
    for (const [from, to] of [
      [own, own],
      [own, `${own}/.`],
      [own, join(own, 'another.safetensors')],
      [file, own],
      [file, file],
      [gguf, gguf],
      [gguf, join(own, 'link.gguf')],
      ...parts.flatMap((part) => [
        [join(split, parts[1]!), join(split, part)] as const,
        [split, join(split, part)] as const,
      ]),
    ] as const) {
      const { exitCode, stderr } = await tama(['convert', from, to, '--type', 'f16']);
      expect({ from, to, exitCode }).toEqual({ from, to, exitCode: 2 });
      expect(stderr).toContain('would replace files of the model itself');
    }
    expect(await readFile(join(own, 'config.json'))).toEqual(config);
    expect(await Promise.all(parts.map((part) => readFile(join(split, part))))).toEqual(before);
    // Beside the parts there is room for more.
    expect((await tama(['convert', split, join(split, 'joined.gguf')])).exitCode).toBe(0);
    expect((await tama(['convert', join(split, 'joined.gguf'), split, '--type', 'f16'])).exitCode).toBe(0);
  });

  it('leaves what was there when it fails', async () => {
    const output = join(folder, 'kept.gguf');
    await writeFile(output, 'before');
    const source = await readFile(repositoryPath('fixtures/tiny/gguf/tiny-f32.gguf'));
    source.writeFloatLE(Number.NaN, source.length - 8);
    const damaged = join(folder, 'damaged.gguf');
    await writeFile(damaged, source);
    const { exitCode, stdout, stderr } = await tama(['convert', damaged, output, '--type', 'f16']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/The tensor 'model\.layers\.3\.\S+' \(f32\) holds NaN in row/);
    expect(await readFile(output, 'utf8')).toBe('before');
    expect((await readdir(folder)).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it.each([
    ['a folder that does not exist', ['no/such/folder/x.gguf'], 1, "'no/such/folder/x.gguf' cannot be written: ENOENT"],
    ['an unknown type', ['x.gguf', '--type', 'q9'], 2, "`--type` does not take 'q9'"],
    ['a quantised type for safetensors', ['x', '--format', 'safetensors', '--type', 'q4_0'], 1, 'hold no q4_0 weights'],
  ])('explains %s', async (_, args, code, message) => {
    const [output, ...options] = args;
    const path = output!.startsWith('x') ? join(folder, 'refused', output!) : output!;
    const { exitCode, stderr } = await tama(['convert', tiny, path, ...options]);
    expect(exitCode).toBe(code);
    expect(stderr).toContain(message);
    expect(existsSync(path)).toBe(false);
  });
});

describe('tama inspect --verify', () => {
  it('tells people that all is well', async () => {
    const { exitCode, stdout } = await tama(['inspect', 'demo', '--verify'], { dependencies: { inspect } });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Verified: all 68 tensors, 7.27 MB, are complete and finite\n');
  });

  it('ends with exit code 1 and the reason where weights are no numbers', async () => {
    const file = await readFile(repositoryPath('models/demo/tama-demo-Q8_0.gguf'));
    const embedding = 194_464; // where its tensor info places it
    file.writeUInt16LE(0x7e00, embedding + 34 * (8 * 3 + 5));
    const damaged = join(folder, 'damaged-q8.gguf');
    await writeFile(damaged, file);
    expect((await tama(['inspect', damaged], { dependencies: { inspect } })).exitCode).toBe(0);
    const { exitCode, stdout, stderr } = await tama(['inspect', damaged, '--verify'], { dependencies: { inspect } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain("The tensor 'model.embed_tokens.weight' (q8_0) holds NaN in row 3, column 160.");
  });

  it('shows how far it is', async () => {
    const { stderr } = await tama(['inspect', 'demo', '--verify'], { dependencies: { inspect }, terminal: true });
    expect(stderr).toContain('Reading the weights 100%');
  });
});

describe('tama synth', () => {
  const custom = ['--shape', 'custom', '--hidden-size', '256', '--heads', '4', '--kv-heads', '2', '--head-dim', '64'];
  const small = [...custom, '--intermediate-size', '512', '--layers', '3', '--vocabulary-size', '1500'];

  it('writes a model with a vocabulary, the same for the same seed', async () => {
    const paths = ['a.gguf', 'b.gguf', 'c.gguf'].map((name) => join(folder, name));
    const seeds = ['5', '5', '6'];
    for (const [i, path] of paths.entries()) {
      const { exitCode, stderr } = await tama(['synth', path, ...small, '--type', 'q4_k_m', '--seed', seeds[i]!]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    }
    const [a, b, c] = await Promise.all(paths.map((path) => readFile(path)));
    expect(a!.equals(b!)).toBe(true);
    expect(a!.equals(c!)).toBe(false);
    const inspection = await inspected(paths[0]!, '--verify');
    expect(inspection).toMatchObject({
      config: { layers: 3, hiddenSize: 256, intermediateSize: 512, vocabularySize: 1500, slidingWindow: 4096 },
      tokenizer: { pieces: 1500, special: { bos: 2, startOfTurn: 106, endOfTurn: 107 } },
    });
    expect(Object.keys(inspection.tensors.byEncoding).toSorted()).toEqual(['f32', 'q4_k', 'q6_k']);
  });

  it('imitates the published models, with numbers changed and without a vocabulary', async () => {
    const path = join(folder, 'slice.gguf');
    const argv = ['synth', path, '--shape', '27b', '--layers', '1', '--vocabulary-size', '64', '--without-tokenizer'];
    expect((await tama([...argv, '--intermediate-size', '256', '--quant', 'q8_0'])).exitCode).toBe(0);
    expect(await inspected(path)).toMatchObject({
      config: { layers: 1, hiddenSize: 4608, heads: 32, kvHeads: 16, headDim: 128, queryScale: 144 ** -0.5 },
      tokenizer: null,
    });
  });

  it.each([
    [custom, '`tama synth` needs --layers'],
    [[...small, '--heads', '3'], "`--heads` does not take '3'"],
    [[...small, '--hidden-size', '100'], "`--hidden-size` does not take '100'"],
    [[...small, '--vocabulary-size', '500'], "`--vocabulary-size` does not take '500'"],
  ])('%j is wrong usage', async (args, message) => {
    const { exitCode, stderr } = await tama(['synth', join(folder, 'x.gguf'), ...args]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });
});
