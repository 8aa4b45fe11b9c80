/// <reference types="node" />
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeNodeFile } from './node-file-sink.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tama sink '));
  await mkdir(join(folder, 'taken'));
});
afterAll(() => rm(folder, { recursive: true }));

it('writes a file that appears when it is whole', async () => {
  const path = join(folder, 'file');
  await writeNodeFile(path, async (sink) => {
    await sink.write(Uint8Array.of(1, 2));
    await sink.write(Uint8Array.of(3));
    expect(await readdir(folder)).not.toContain('file');
  });
  expect([...(await readFile(path))]).toEqual([1, 2, 3]);
  await rm(path);
});

it('refuses the name of a folder before anything is produced', async () => {
  let asked = false;
  const writing = writeNodeFile(join(folder, 'taken'), async () => {
    asked = true;
  });
  await expect(writing).rejects.toMatchObject({ code: 'file-unwritable' });
  expect(asked).toBe(false);
  expect(await readdir(folder)).toEqual(['taken']);
});
