/// <reference types="node" />
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isTamaError } from '@tama/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobSource, filesFolder } from './blob-source.ts';
import { type ByteFolder, type ByteSource, isByteFolder } from './byte-source.ts';
import { cachedSource } from './cached-source.ts';
import { memoryFolder, memorySource } from './memory-source.ts';
import { canonicalSource, describeModel } from './model-store/model-description.ts';
import { nodeFileSource, nodeFolder, nodePath } from './node-file-source.ts';
import { openSource } from './open-source.ts';
import { pickedFolder } from './picked-folder.ts';

const content = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) % 251);
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tama sources '));
  await mkdir(join(directory, 'sub'));
  await writeFile(join(directory, 'sub', 'model.bin'), content);
  await writeFile(join(directory, 'config.json'), '{}');
});
afterAll(() => rm(directory, { recursive: true }));

const code = (wanted: string) => ({
  asymmetricMatch: (error: unknown) => isTamaError(error, wanted),
  toString: () => wanted,
});
const picked = (path: string, bytes: BlobPart) =>
  Object.defineProperty(new File([bytes], path.split('/').at(-1)!), 'webkitRelativePath', { value: path });

const sources: Record<string, () => Promise<ByteSource>> = {
  memory: async () => memorySource('model.bin', content),
  blob: async () => blobSource(new File([content], 'model.bin')),
  'Node file': () => nodeFileSource(join(directory, 'sub', 'model.bin')),
  cache: async () => cachedSource(memorySource('model.bin', content), { blockBytes: 64 }),
};

describe.each(Object.keys(sources))('a source in %s', (kind) => {
  it('reads exactly what is asked for, as a copy of its own', async () => {
    const source = await sources[kind]!();
    expect([source.name, source.size]).toEqual(['model.bin', 1000]);
    const part = await source.read(60, 100);
    expect(part).toEqual(content.slice(60, 160));
    part.fill(0);
    expect(await source.read(60, 100)).toEqual(content.slice(60, 160));
    expect(await source.read(0, 1000)).toEqual(content);
    expect(await source.read(1000, 0)).toHaveLength(0);
    await source.close?.();
  });

  it.each([
    [990, 11],
    [-1, 1],
    [0.5, 1],
    [0, Number.NaN],
    [2 ** 53, 1],
  ])('refuses to read %d + %d', async (offset, length) => {
    const source = await sources[kind]!();
    await expect(source.read(offset, length)).rejects.toEqual(code('read-out-of-bounds'));
    await source.close?.();
  });
});

const folders: Record<string, () => ByteFolder> = {
  memory: () =>
    memoryFolder(
      'm',
      new Map([
        ['sub/model.bin', content],
        ['config.json', new Uint8Array(2)],
      ]),
    ),
  'picked files': () => filesFolder([picked('m/sub/model.bin', content), picked('m/config.json', '{}')]),
  'a picked folder': () =>
    filesFolder(structuredClone(pickedFolder([picked('m/sub/model.bin', content), picked('m/config.json', '{}')]))),
  Node: () => nodeFolder(directory),
};

describe.each(Object.keys(folders))('a folder in %s', (kind) => {
  it('opens files by path, and their siblings', async () => {
    const folder = folders[kind]!();
    const model = (await folder.open('sub/model.bin'))!;
    expect(model.size).toBe(1000);
    const sibling = (await model.folder!.open('model.bin'))!;
    expect(sibling.size).toBe(1000);
    await sibling.close?.();
    expect(await model.folder!.open('config.json')).toBeUndefined();
    expect(await folder.open('absent.json')).toBeUndefined();
    await model.close?.();
  });

  it('lists its own entries and those below', async () => {
    const folder = folders[kind]!();
    expect(await folder.list!()).toEqual(['config.json', 'sub/']);
    expect(await folder.list!('sub')).toEqual(['model.bin']);
  });

  it.each(['../x', '/etc/passwd', 'a//b', '.', 'a\\b', 'C:x', ''])('does not leave itself by %j', async (path) => {
    await expect(folders[kind]!().open(path)).rejects.toEqual(code('path-unsafe'));
  });
});

describe('pickedFolder', () => {
  it('has the name of the folder, and paths in it', () => {
    const { name, files } = pickedFolder([picked('m/sub/a', 'x'), picked('m/b', 'y')]);
    expect([name, ...files.keys()]).toEqual(['m', 'sub/a', 'b']);
  });

  it('holds files that were picked together', () => {
    const file = new File(['x'], 'config.json');
    expect(pickedFolder([file])).toEqual({ name: 'files', files: new Map([['config.json', file]]) });
  });
});

describe('files on disk', () => {
  it('says what is wrong with a path', async () => {
    await expect(nodePath(join(directory, 'absent'))).rejects.toEqual(code('file-missing'));
    await expect(nodeFileSource(directory)).rejects.toEqual(code('file-unreadable'));
    await expect(nodeFolder(join(directory, 'absent')).list!()).rejects.toEqual(code('file-missing'));
  });

  it('does not wait at a named pipe for someone to write', async () => {
    const pipe = join(directory, 'pipe.gguf');
    execFileSync('mkfifo', [pipe]);
    await expect(nodePath(pipe)).rejects.toMatchObject({
      code: 'file-unreadable',
      texts: { ja: { what: `「${pipe}」を読み取れません（通常のファイルではありません）。` } },
    });
    await rm(pipe);
  });

  it('tells files from folders', async () => {
    expect(isByteFolder(await nodePath(directory))).toBe(true);
    const file = await nodePath(join(directory, 'config.json'));
    expect(isByteFolder(file)).toBe(false);
    await (file as ByteSource).close?.();
  });

  it('notices a file that became shorter', async () => {
    const path = join(directory, 'shrinking');
    await writeFile(path, content);
    const source = await nodeFileSource(path);
    await truncate(path, 10);
    await expect(source.read(5, 10)).rejects.toEqual(code('source-changed'));
    await source.close?.();
  });
});

describe('cachedSource', () => {
  it('turns many small reads into few large ones and holds a bounded number of blocks', async () => {
    const reads: [number, number][] = [];
    const memory = memorySource('m', content);
    const counted = {
      ...memory,
      read: (offset: number, length: number) => {
        reads.push([offset, length]);
        return memory.read(offset, length);
      },
    };
    const source = cachedSource(counted, { blockBytes: 100, blocks: 2 });
    for (let at = 0; at < 200; at += 5) await source.read(at, 5);
    expect(reads).toEqual([
      [0, 100],
      [100, 100],
    ]);
    await source.read(900, 100);
    await source.read(950, 50);
    await source.read(50, 5);
    expect(reads.slice(2)).toEqual([
      [900, 100],
      [900, 100],
      [0, 100],
    ]);
  });

  it('asks again after a failure', async () => {
    let fail = true;
    const memory = memorySource('m', content);
    const flaky = {
      ...memory,
      read: async (offset: number, length: number) => {
        if (fail) throw new Error('once');
        return memory.read(offset, length);
      },
    };
    const source = cachedSource(flaky, { blockBytes: 100 });
    await expect(source.read(0, 5)).rejects.toThrow('once');
    fail = false;
    expect(await source.read(0, 5)).toEqual(content.slice(0, 5));
  });
});

describe('an array lent for reading', () => {
  it('is filled and returned by sources that can, if it has the right length', async () => {
    for (const open of [sources['Node file']!, sources.memory!, sources.cache!]) {
      const source = await open();
      const array = new Uint8Array(100);
      expect(await source.read(7, 100, undefined, array)).toBe(array);
      expect(array).toEqual(content.slice(7, 107));
      expect(await source.read(7, 99, undefined, array)).toHaveLength(99);
      await source.close?.();
    }
  });
});

it.each(['model.gguf', '/models/m.gguf', 'https://', 'file:///m.gguf', 'C:\\models\\m.gguf'])(
  'tells at once that %s is no URL to fetch',
  async (text) => {
    await expect(openSource(text)).rejects.toEqual(code('bad-url'));
    await expect(describeModel(text)).rejects.toEqual(code('bad-url'));
    expect(() => canonicalSource(text)).toThrow(/'.+' is not a URL that can be fetched/);
  },
);
