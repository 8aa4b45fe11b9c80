/// <reference types="node" />
import { dirname } from 'node:path';
import { isTamaError, type TamaError } from '@tama/errors';
import { describe, expect, it } from 'vitest';
import { blobSource } from '../storage/blob-source.ts';
import type { ByteFolder, ByteSource } from '../storage/byte-source.ts';
import { httpSource } from '../storage/http-source.ts';
import { memoryFolder, memorySource } from '../storage/memory-source.ts';
import { nodeFileSource, nodeFolder } from '../storage/node-file-source.ts';
import { fixture, readFixture } from '../testing/fixtures.ts';
import { folderFiles } from '../testing/folder-files.ts';
import { byRange, serve } from '../testing/model-server.ts';
import { openCheckpoint } from './open-checkpoint.ts';

async function refusal(from: ByteSource | ByteFolder): Promise<TamaError> {
  const error = await openCheckpoint(from).catch((caught: unknown) => caught);
  if (!isTamaError(error, 'checkpoint-part')) throw error;
  return error;
}
const fileName = (path: string) => path.slice(path.lastIndexOf('/') + 1);

describe('a file that is only a part of a model', () => {
  it.each([
    'tiny/hf/config.json',
    'tiny/hf/model.safetensors.index.json',
    'small/hf/tokenizer.json',
    'small/hf/tokenizer.model',
    'small/hf/tokenizer_config.json',
    'tiny/keras/backbone_config.json',
    'tiny/keras_sharded/model.weights.json',
    'tiny/orbax_ocdbt/_METADATA',
    'tiny/orbax_ocdbt/_sharding',
    'tiny/orbax_zarr3/commit_success.txt',
  ])('%s: the folder is named, in both languages', async (path) => {
    const folder = dirname(fixture(path));
    const error = await refusal(await nodeFileSource(fixture(path)));
    expect(error.details).toEqual({ name: fileName(path), folder });
    expect(error.message).toContain(
      `'${fileName(path)}' is only one of the files that make up a model. Give its folder`,
    );
    expect(error.texts.en.remedy).toContain(`'${folder}'`);
    expect(error.texts.ja.remedy).toBe(`フォルダーごと指定してください: 「${folder}」`);
    await (await openCheckpoint(nodeFolder(folder))).close();
  });

  it.each([
    'tiny/orbax_ocdbt/d/52c4aae86cb9dc05120cd34f97afa2d5',
    'tiny/orbax_ocdbt/array_metadatas/process_0',
    'tiny/orbax_zarr2/transformer/final_norm.scale/.zarray',
    'tiny/orbax_zarr3/transformer/final_norm.scale/zarr.json',
  ])('%s: no folder is named that is not the model’s own', async (path) => {
    const error = await refusal(await nodeFileSource(fixture(path)));
    expect(error.details).toEqual({ name: fileName(path), folder: undefined });
    expect(error.texts.en.remedy).toBe('Give the folder that holds all of them.');
  });

  it.each([
    'tiny/hf/config.json',
    'small/hf/model.safetensors',
    'tiny/hf/model-00001-of-00002.safetensors',
    'tiny/keras_sharded/model_00001.weights.h5',
    'tiny/orbax_ocdbt/manifest.ocdbt',
  ])('%s: picked alone, with no folder in reach', async (path) => {
    const error = await refusal(blobSource(new File([Uint8Array.from(readFixture(path))], fileName(path))));
    expect(error.details).toEqual({ name: fileName(path), folder: undefined });
  });

  it('may be too short for any model', async () => {
    const source = memorySource('config.json', new Uint8Array(2), memoryFolder('m', new Map()));
    expect((await refusal(source)).details.folder).toBeUndefined();
  });

  it('is told by what lies beside it on a server, which cannot list', async () => {
    const files = folderFiles(fixture('tiny/keras_sharded'));
    const server = await serve((request, response) => {
      const file = files[request.url!.slice('/keras/'.length)];
      if (file) byRange(file)(request, response);
      else response.writeHead(404).end();
    });
    try {
      const error = await refusal(await httpSource(`${server.url}keras/model.weights.json`));
      expect(error.details.folder).toBe(`${server.url}keras/`);
    } finally {
      await server.close();
    }
  });

  it('is not any file that lies beside a model', async () => {
    const bytes = new TextEncoder().encode('a text of some length');
    const folder = memoryFolder('m', new Map([['model.safetensors', bytes]]));
    await expect(openCheckpoint(memorySource('notes.txt', bytes, folder))).rejects.toMatchObject({
      code: 'checkpoint-unrecognised',
    });
  });
});
