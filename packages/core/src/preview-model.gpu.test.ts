import { readFile } from 'node:fs/promises';
import { isTamaError } from '@tama/errors';
import { afterEach, expect, it } from 'vitest';
import { type PreviewOptions, previewModel } from './preview-model.ts';
import { describeModel } from './storage/model-store/model-description.ts';
import { serveHub } from './testing/fake-hub.ts';
import { fixture } from './testing/fixtures.ts';
import { folderFiles } from './testing/folder-files.ts';
import { testGpu } from './testing/load.ts';
import { byRange, serve } from './testing/model-server.ts';

/** What callers without types give. */
type Untyped<T> = { readonly [K in keyof T]?: unknown };

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of closing.splice(0)) await server.close();
});

const split = 'gguf/small-q4_k_m-split-0000';

it.each([
  ['a GGUF file', 'gguf/small-q8_0.gguf'],
  ['a split GGUF', `${split}1-of-00003.gguf`],
  ['a folder of safetensors', 'hf/'],
])('tells what %s of a hub is and takes, from its headers', async (_, path) => {
  const hub = await serveHub('o/r', folderFiles(fixture('small')));
  closing.push(hub);
  const options = { endpoint: hub.url };
  const description = await describeModel(`hf:o/r/${path}`, options);
  const { bytes, parameters, format, plan } = await previewModel(description, { hub: options, gpu: await testGpu() });
  expect(bytes).toBe(description.files.reduce((sum, { size }) => sum + size!, 0));
  expect(format).toMatch(/GGUF|safetensors/i);
  expect(parameters).toBeGreaterThan(2e6);
  expect(plan.totalBytes).toBeGreaterThan(plan.weightBytes);
});

it('tells what float weights take when they are quantised while they are loaded', async () => {
  const hub = await serveHub('o/r', folderFiles(fixture('small')));
  closing.push(hub);
  const options = { hub: { endpoint: hub.url }, gpu: await testGpu() };
  const floats = await describeModel('hf:o/r/hf/', options.hub);
  const { plan, quantised } = await previewModel(floats, options);
  expect(quantised!.q8.weightBytes / plan.weightBytes).toBeCloseTo(8.5 / 16, 2);
  expect(quantised!.q4.weightBytes).toBeLessThan(quantised!.q8.weightBytes);
  expect((await previewModel(floats, { ...options, weights: 'q4' })).plan).toEqual(quantised!.q4);
  const file = await describeModel('hf:o/r/gguf/small-q8_0.gguf', options.hub);
  expect((await previewModel(file, options)).quantised).toBeUndefined();
});

it('tells what would fit where the model does not', async () => {
  const { url, close } = await serve(byRange(await readFile(fixture('small/gguf/small-q8_0.gguf'))));
  closing.push({ close });
  const description = await describeModel(`${url}m.gguf`);
  const error = await previewModel(description, { memoryBudget: 2 ** 21, gpu: await testGpu() }).catch((e) => e);
  expect(isTamaError(error, 'model-too-large')).toBe(true);
});

it.each<Untyped<PreviewOptions>>([{ context: 1 }, { context: '128' }, { memoryBudget: -1 }, { weights: 'q3' }])(
  'checks its options: %o',
  async (options) => {
    const { url, close } = await serve(byRange(await readFile(fixture('small/gguf/small-q8_0.gguf'))));
    closing.push({ close });
    const description = await describeModel(`${url}m.gguf`);
    const wanted = { ...(options as PreviewOptions), gpu: await testGpu() };
    const error = await previewModel(description, wanted).catch((e) => e);
    expect(isTamaError(error, 'option')).toBe(true);
    expect(error.details.option).toBe(Object.keys(options)[0]);
  },
);

it('can tell nothing of a large file whose server has no ranges', async () => {
  const server = await serve((_, response) => {
    response.writeHead(200, { 'content-length': 64 * 2 ** 20 });
    response.write('GGUF');
  });
  closing.push(server);
  const description = await describeModel(`${server.url}m.gguf`);
  const error = await previewModel(description, { gpu: await testGpu() }).catch((e) => e);
  expect(isTamaError(error, 'http-no-ranges')).toBe(true);
});
