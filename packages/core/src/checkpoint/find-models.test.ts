/// <reference types="node" />
import { isTamaError } from '@tama/errors';
import { describe, expect, it } from 'vitest';
import { memoryFolder } from '../storage/memory-source.ts';
import { FileUnreadableError } from '../storage/storage-errors.ts';
import { fixture, readFixture } from '../testing/fixtures.ts';
import { folderFiles } from '../testing/folder-files.ts';
import { findModels } from './find-models.ts';
import { openCheckpoint } from './open-checkpoint.ts';

const formats = [
  ['safetensors', 'hf'],
  ['keras', 'keras'],
  ['keras', 'keras_sharded'],
  ['torch', 'pytorch'],
  ['orbax', 'orbax_zarr2'],
  ['orbax', 'orbax_zarr3'],
  ['orbax', 'orbax_ocdbt'],
  ['orbax', 'orbax_ocdbt_zarr3'],
] as const;

/** A folder of files by path, each of them with what is in it or anything. */
const folder = (files: Readonly<Record<string, Uint8Array>> | readonly string[]) =>
  memoryFolder(
    'given',
    new Map(Array.isArray(files) ? files.map((path) => [path, new Uint8Array(1)]) : Object.entries(files)),
  );
const below = (place: string, files: Readonly<Record<string, Uint8Array>>) =>
  Object.fromEntries(Object.entries(files).map(([path, bytes]) => [`${place}/${path}`, bytes]));

describe('a model in a folder', () => {
  it.each(formats)('is found as %s in %s, and some folders below', async (format, name) => {
    const files = folderFiles(fixture(`tiny/${name}`));
    expect(await findModels(folder(files))).toEqual(['']);
    for (const place of ['model', 'a/b/c']) {
      const outer = folder({ ...below(place, files), 'README.md': new Uint8Array(1) });
      expect(await findModels(outer)).toEqual([place]);
      const checkpoint = await openCheckpoint(outer);
      expect(checkpoint.format).toBe(format);
      expect(checkpoint.tensors.size).toBe(11 * 4 + 2);
      await checkpoint.close();
    }
    expect(await findModels(folder(below('a/b/c/d', files)))).toEqual([]);
    expect(await findModels(folder(below('.cache/model', files)))).toEqual([]);
  });

  it('is found where a training run keeps an Orbax checkpoint, with the tokenizer of the outer folder', async () => {
    const outer = folder({
      ...below('2000/default', folderFiles(fixture('tiny/orbax_ocdbt'))),
      '2000/_CHECKPOINT_METADATA': new TextEncoder().encode('{}'),
      'tokenizer.model': readFixture('tokenizer/tokenizer.model'),
    });
    const checkpoint = await openCheckpoint(outer);
    expect(checkpoint).toMatchObject({ format: 'orbax', name: 'given' });
    expect(await checkpoint.tokenizer?.()).toBeDefined();
    await checkpoint.close();
  });

  it('is one, though it is in parts', async () => {
    const parts = folderFiles(fixture('small/gguf'));
    const split = Object.entries(parts).filter(([name]) => name.includes('-split-'));
    expect(split).toHaveLength(3);
    const checkpoint = await openCheckpoint(folder(Object.fromEntries(split)));
    expect(checkpoint.format).toBe('gguf');
    await checkpoint.close();
  });

  it.each([
    [
      'files',
      ['a-Q4_0.gguf', 'a-Q8_0.gguf', 'b-00001-of-00002.gguf', 'b-00002-of-00002.gguf'],
      3,
      /a-Q4_0\.gguf, a-Q8/,
    ],
    ['folders', ['a/model.safetensors', 'b/c/model.weights.h5'], 2, /a, b\/c/],
    ['very many', Array.from({ length: 30 }, (_, i) => `${i}.gguf`), 30, /and 25 more/],
  ])('is not chosen among several: %s', async (_, paths, count, text) => {
    const error = await openCheckpoint(folder(paths)).catch((caught: unknown) => caught);
    expect(isTamaError(error, 'checkpoint-several') && error.details.count).toBe(count);
    expect(String(error)).toMatch(text);
  });

  it('of one format is opened before what else lies there', async () => {
    const model = await openCheckpoint(
      folder({ 'any.GGUF': readFixture('tiny/gguf/tiny-q8_0.gguf'), 'another.bin': new Uint8Array(20) }),
    );
    expect(model.format).toBe('gguf');
    const error = await openCheckpoint(folder(['notes.txt', 'a/photo.png'])).catch((caught: unknown) => caught);
    expect(isTamaError(error, 'checkpoint-unrecognised')).toBe(true);
  });

  it('is found beside a folder that may not be read, which is named where there is nothing else', async () => {
    const locked = (paths: readonly string[]) => {
      const all = folder([...paths, 'lost+found/x']);
      const list = async (path?: string) => {
        if (path === 'lost+found') throw new FileUnreadableError('lost+found', 'EACCES');
        return all.list!(path);
      };
      return { ...all, list };
    };
    expect(await findModels(locked(['gemma/a.gguf']))).toEqual(['gemma']);
    await expect(findModels(locked(['music/a.mp3']))).rejects.toMatchObject({ details: { file: 'lost+found' } });
  });

  it('is not there where only a name says so', async () => {
    const index = folder(['unet.index.json']);
    await expect(openCheckpoint(index)).rejects.toMatchObject({ code: 'checkpoint-unrecognised' });
    const deadLink = { ...folder(['a.gguf']), open: async () => undefined };
    await expect(openCheckpoint(deadLink)).rejects.toMatchObject({ code: 'file-missing', details: { file: 'a.gguf' } });
  });
});
