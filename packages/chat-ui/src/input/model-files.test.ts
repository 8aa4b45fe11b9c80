/// <reference types="node" />
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCheckpoint, openSource } from '@tama/core';
import { isTamaError } from '@tama/errors';
import { describe, expect, it } from 'vitest';
import type { ModelFiles } from '../engine-host.ts';
import { dropped } from '../testing/dropped.ts';
import { chosenModel, droppedModel } from './model-files.ts';

const fixtures = fileURLToPath(new URL('../../../../fixtures/', import.meta.url));

/** The files of folders on disk, each folder under a path of its own. */
function onDisk(places: Readonly<Record<string, string>>): Map<string, File> {
  const files = new Map<string, File>();
  for (const [place, from] of Object.entries(places)) {
    const path = join(fixtures, from);
    const found = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { parentPath, name } of found) {
      const below = relative(path, join(parentPath, name)).replaceAll('\\', '/');
      files.set(`${place}/${below}`, new File([readFileSync(join(parentPath, name))], name));
    }
  }
  return files;
}
const tokenizer = () => new File([readFileSync(join(fixtures, 'tokenizer/tokenizer.model'))], 'tokenizer.model');
const named = (...paths: string[]) =>
  new Map(paths.map((path) => [path, new File(['x'], path.split('/').at(-1) ?? '')]));

/** As `<input webkitdirectory>` gives them: in any order, each with its path. */
const picked = (files: ReadonlyMap<string, File>) =>
  [...files].reverse().map(([path, file]) => {
    const copy = new File([file], file.name);
    return path.includes('/') ? Object.defineProperty(copy, 'webkitRelativePath', { value: path }) : copy;
  });
const pathsOf = (model: ModelFiles) => ('files' in model ? [...model.files.keys()].sort() : model.name);
const refused = (code: string) => ({
  asymmetricMatch: (error: unknown) => isTamaError(error, code),
  toString: () => code,
});

describe.each([
  ['chosen', (files: ReadonlyMap<string, File>) => chosenModel(picked(files))],
  ['dropped', (files: ReadonlyMap<string, File>) => droppedModel(dropped(files))],
])('a folder that is %s', (_, give) => {
  it.each([
    ['safetensors', 'hf', 'tokenizer.model'],
    ['keras', 'keras', 'assets/tokenizer/vocabulary.spm'],
    ['keras', 'keras_sharded', 'assets/tokenizer/vocabulary.spm'],
    ['torch', 'pytorch', 'tokenizer.model'],
    ['orbax', 'orbax_zarr2', 'tokenizer.model'],
    ['orbax', 'orbax_zarr3', 'tokenizer.model'],
    ['orbax', 'orbax_ocdbt', 'tokenizer.model'],
    ['orbax', 'orbax_ocdbt_zarr3', 'tokenizer.model'],
    ['orbax', 'orbax_ocdbt_transposed_gating', 'tokenizer.model'],
  ])('is given to core whole: %s in %s', async (format, folder, vocabulary) => {
    const files = onDisk({ [folder]: `tiny/${folder}` }).set(`${folder}/${vocabulary}`, tokenizer());
    const model = await give(files);
    expect(model.name).toBe(folder);
    expect(pathsOf(model)).toEqual([...files.keys()].map((path) => path.slice(folder.length + 1)).sort());
    const checkpoint = await openCheckpoint(await openSource(model));
    expect(checkpoint.format).toBe(format);
    expect(checkpoint.tensors.size).toBe(46);
    for (const tensor of checkpoint.tensors.values()) await tensor.readRows(0, 1);
    expect(await checkpoint.tokenizer?.()).toBeDefined();
  });

  it('can be the one around the model, with its tokenizer', async () => {
    const files = onDisk({ 'downloads/gemma2-2b': 'tiny/orbax_ocdbt' }).set('downloads/tokenizer.model', tokenizer());
    const checkpoint = await openCheckpoint(await openSource(await give(files)));
    expect(checkpoint).toMatchObject({ format: 'orbax', name: 'downloads' });
    expect(await checkpoint.tokenizer?.()).toBeDefined();
  });

  it('is given without hidden folders', async () => {
    const files = named('m/any.gguf', 'm/.zattrs', 'm/.git/objects/a', 'm/sub/.cache/b', 'm/a.b/c');
    expect(pathsOf(await give(files))).toEqual(['.zattrs', 'a.b/c', 'any.gguf']);
  });

  it.each([
    ['no model', named('m/photo.png', 'm/notes/a.txt')],
    ['a model in a hidden folder', named('m/.cache/any.gguf', 'm/notes.txt')],
  ])('is refused with %s', async (_case, files) => {
    await expect(give(files)).rejects.toEqual(refused('no-model-files'));
  });
});

describe('files without a folder', () => {
  it.each([
    ['a file', ['gemma.gguf'], 'gemma.gguf'],
    ['a file in capitals', ['GEMMA.GGUF'], 'GEMMA.GGUF'],
    ['weights alone, for core to say what is missing', ['model.safetensors'], 'model.safetensors'],
    ['a file without an ending', ['sha256-ff82381e2bea77d9'], 'sha256-ff82381e2bea77d9'],
    [
      'several',
      ['config.json', 'model.weights.h5', 'vocabulary.spm'],
      ['config.json', 'model.weights.h5', 'vocabulary.spm'],
    ],
  ])('are given to core: %s', async (_, paths, expected) => {
    expect(pathsOf(await chosenModel(picked(named(...paths))))).toEqual(expected);
    expect(pathsOf(await droppedModel(dropped(named(...paths))))).toEqual(expected);
  });

  it.each([
    ['a picture', ['photo.png']],
    ['notes', ['photo.png', 'config.json']],
    ['nothing', []],
  ])('are refused: %s', async (_, paths) => {
    await expect(chosenModel(picked(named(...paths)))).rejects.toEqual(refused('no-model-files'));
    await expect(droppedModel(dropped(named(...paths)))).rejects.toEqual(refused('no-model-files'));
  });
});

describe('one file of a model that is a folder', () => {
  it.each(['config.json', 'model.safetensors.index.json', 'model.weights.json', 'tokenizer.json', '_METADATA'])(
    'is refused with a word on the folder: %s',
    async (name) => {
      await expect(chosenModel(picked(named(name)))).rejects.toEqual(refused('checkpoint-part'));
      await expect(droppedModel(dropped(named(name)))).rejects.toEqual(refused('checkpoint-part'));
    },
  );
});

describe('what cannot be read', () => {
  it.each(['file', 'folder'])('is named: a %s', async (kind) => {
    const fail = (_give: unknown, refuse: (cause: Error) => void) => refuse(new DOMException('no permission'));
    const entry = {
      name: 'locked',
      isFile: kind === 'file',
      isDirectory: kind === 'folder',
      file: fail,
      createReader: () => ({ readEntries: fail }),
    };
    const around = {
      name: 'm',
      isFile: false,
      isDirectory: true,
      createReader: () => {
        const batches = [[entry], []];
        return { readEntries: (give: (batch: unknown) => void) => give(batches.shift()) };
      },
    };
    const transfer = { files: [], items: [{ webkitGetAsEntry: () => around }] } as unknown as DataTransfer;
    const error = await droppedModel(transfer).catch((caught: unknown) => caught);
    expect(isTamaError(error, 'file-unreadable') && error.texts.ja.what).toContain('「locked」');
  });
});

describe('several things that are dropped', () => {
  it('are in one folder: a checkpoint, and the tokenizer beside it', async () => {
    const files = onDisk({ 'gemma2-2b': 'tiny/orbax_zarr2' }).set('tokenizer.model', tokenizer());
    const checkpoint = await openCheckpoint(await openSource(await droppedModel(dropped(files))));
    expect(checkpoint.format).toBe('orbax');
    expect(await checkpoint.tokenizer?.()).toBeDefined();
  });
});

describe('a folder that is more than a model', () => {
  const numbered = (count: number, name: (index: number) => string) =>
    named(...Array.from({ length: count }, (_, index) => name(index)));

  it.each([
    ['very many files', numbered(20_001, (index) => `home/${index}.bin`)],
    ['very many files in folders', numbered(12_000, (index) => `home/${index}/a.bin`)],
    ['very deep folders', named(`home/${'a/'.repeat(17)}b.gguf`)],
  ])('is not read to its end: %s', async (_, files) => {
    await expect(droppedModel(dropped(files))).rejects.toEqual(refused('folder-too-large'));
  });

  it('is not looked through when it was chosen', async () => {
    const home = numbered(20_001, (index) => `home/${index}/a/b/c.bin`);
    await expect(chosenModel(picked(home))).rejects.toEqual(refused('folder-too-large'));
    home.set('home/.cache/hidden', new File([], 'hidden')).delete('home/0/a/b/c.bin');
    expect(pathsOf(await chosenModel(picked(home)))).toHaveLength(20_000);
  });

  it('says in Japanese what to do', async () => {
    const error = await droppedModel(dropped(named(`home/${'a/'.repeat(17)}b`))).catch((caught: unknown) => caught);
    expect(isTamaError(error) && error.texts.ja.remedy).toContain('モデルそのもののフォルダー');
  });
});
