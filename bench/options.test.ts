import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { ModelFiles } from './models.ts';
import { parseOptions } from './options.ts';
import { UsageError } from './usage.ts';

it('reads what is to be measured', () => {
  const line = '--only models --model 2b-q8_0 --lengths 16,512 --decode 24 --repeat 1 --tuning now --device f32 --save';
  expect(parseOptions(line.split(' '))).toMatchObject({
    only: ['models'],
    model: ['2b-q8_0'],
    lengths: [16, 512],
    decode: 24,
    repeat: 1,
    rounds: 10,
    tuning: 'now',
    device: 'f32',
    save: true,
  });
});

it.each([
  ['--rounds 0', "--rounds takes whole numbers from 1, not '0'"],
  ['--rounds 1.5', "not '1.5'"],
  ['--repeat -1', '--repeat'],
  ['--repeat=-1', "not '-1'"],
  ['--decode 1', 'from 2'],
  ['--lengths 16,x', "not 'x'"],
  ['--lengths 16,', "not ''"],
  ['--tuning maybe', "--tuning takes off, auto, now, not 'maybe'"],
  ['--device f16', 'auto, f32'],
  ['--only kernel', 'kernels, models, host, sizes'],
  ['--round 3', "Unknown option '--round'"],
  ['kernels', "Unexpected argument 'kernels'"],
])('refuses %s in one line', (line, message) => {
  const parse = () => parseOptions(line.split(' '));
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(message);
  expect(parse).not.toThrow('\n');
});

it.each(['run.ts', 'pack.ts'])('%s tells its usage and does nothing else when it is asked for help', (script) => {
  const ask = (word: string) =>
    spawnSync(process.execPath, ['--conditions=@tama/source', script, word], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    });
  expect(ask('--help')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Usage: pnpm bench/), stderr: '' });
  expect(ask('--round')).toMatchObject({ status: 2, stdout: '', stderr: expect.not.stringMatching(/^$/) });
});

it.each(['2c-q8_0', '2b-q9', 'models/none.gguf', 'tiny-q8_0-none', 'tiny-q8_0-0'])(
  'refuses a model that is neither a file nor a shape with a type: %s',
  async (model) => {
    const files = new ModelFiles();
    await expect(files.file(model)).rejects.toThrow(UsageError);
    await files.dispose();
  },
);
