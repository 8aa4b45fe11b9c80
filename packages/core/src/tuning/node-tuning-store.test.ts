/// <reference types="node" />
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepChoices, readChoices } from './choices.ts';
import { nodeTuningStore } from './node-tuning-store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tama-tuning-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('keeps choices in a file, whose folder it makes', async () => {
  const store = nodeTuningStore(join(folder, 'cache/tuning.json'));
  expect(await readChoices(store)).toEqual({});
  const choices = { a: { ROWS: 8 } };
  expect(await keepChoices(store, {}, choices)).toEqual(choices);
  expect(await readChoices(store)).toEqual(choices);
  expect(await readdir(join(folder, 'cache'))).toEqual(['tuning.json']);
});

it('keeps the choices of all who choose at once', async () => {
  const path = join(folder, 'tuning.json');
  const choices = Array.from({ length: 4 }, (_, i) => ({ [`key ${i}`]: { ROWS: i } }));
  await Promise.all(choices.map((one) => keepChoices(nodeTuningStore(path), {}, one)));
  expect(await readChoices(nodeTuningStore(path))).toEqual(Object.assign({}, ...choices));
  expect(await readdir(folder)).toEqual(['tuning.json']);
});

it.each(['', '{"a": {"ROWS"', 'null', '[1]', '7', '\u0000'])('takes a file with %j for none', async (content) => {
  const path = join(folder, 'tuning.json');
  await writeFile(path, content);
  const store = nodeTuningStore(path);
  expect(await readChoices(store)).toEqual({});
  expect(await keepChoices(store, {}, {})).toEqual({});
});

it('tells when nothing can be kept', async () => {
  await writeFile(join(folder, 'file'), '');
  expect(await keepChoices(nodeTuningStore(join(folder, 'file/tuning.json')), {}, {})).toBeUndefined();
  expect(await keepChoices(undefined, {}, {})).toBeUndefined();
});
