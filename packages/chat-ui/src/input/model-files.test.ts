import { describe, expect, it } from 'vitest';
import { droppedFiles, modelFiles } from './model-files.ts';

function file(path: string): File {
  const result = new File(['x'], path.split('/').at(-1) ?? '');
  Object.defineProperty(result, 'webkitRelativePath', { value: path.includes('/') ? path : '' });
  return result;
}
const names = (files: readonly File[]) => files.map(({ name }) => name);

describe('modelFiles', () => {
  it.each([
    ['one file', ['gemma.gguf'], ['gemma.gguf']],
    [
      'a split file',
      ['g-00001-of-00002.gguf', 'g-00002-of-00002.GGUF', 'README.md'],
      ['g-00001-of-00002.gguf', 'g-00002-of-00002.GGUF'],
    ],
    [
      'a folder',
      [
        'm/config.json',
        'm/model.safetensors',
        'm/tokenizer.model',
        'm/README.md',
        'm/.git/config',
        'm/sub/config.json',
      ],
      ['config.json', 'model.safetensors', 'tokenizer.model'],
    ],
    [
      'loose files of a folder',
      ['config.json', 'model.safetensors', 'photo.png'],
      ['config.json', 'model.safetensors'],
    ],
    ['no model', ['photo.png', 'notes.txt'], []],
    ['weights without a configuration', ['model.safetensors'], []],
    ['nothing', [], []],
  ])('finds %s', (_, paths, expected) => {
    expect(names(modelFiles(paths.map(file)))).toEqual(expected);
  });
});

describe('droppedFiles', () => {
  it('reads a dropped folder to its end, though a reader gives a batch at a time', async () => {
    const inside = Array.from({ length: 5 }, (_, index) => file(`${index}.safetensors`));
    const entries = inside.map((entry) => ({
      isFile: true,
      isDirectory: false,
      file: (give: (f: File) => void) => give(entry),
    }));
    const batches = [entries.slice(0, 3), entries.slice(3), []];
    const folder = {
      isFile: false,
      isDirectory: true,
      createReader: () => ({ readEntries: (give: (batch: unknown[]) => void) => give(batches.shift() ?? []) }),
    };
    const transfer = {
      items: [{ webkitGetAsEntry: () => folder }, { webkitGetAsEntry: () => ({ isFile: true, isDirectory: false }) }],
      files: [file('folder'), file('gemma.gguf')],
    } as unknown as DataTransfer;
    expect(names(await droppedFiles(transfer))).toEqual(['gemma.gguf', ...names(inside)]);
  });
});
