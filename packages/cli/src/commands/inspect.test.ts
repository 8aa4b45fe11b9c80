import { describe, expect, it } from 'vitest';
import { nodeDependencies } from '../node-dependencies.ts';
import { inspection, tama } from '../testing/harness.ts';
import { repositoryPath } from '../testing/spawn-tama.ts';

describe('tama inspect', () => {
  it('prints everything as JSON', async () => {
    const { exitCode, stdout } = await tama(['inspect', 'm', '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ ...inspection, warnings: ['the scale was corrected'] });
  });

  it('tells people one fact a line', async () => {
    const { stdout } = await tama(['inspect', 'm']);
    expect(stdout).toContain('Weights: 1,000 parameters in 24 tensors, 4.25 kB\n  f32: 24 tensors, 4.25 kB\n');
    expect(stdout).toContain('KV cache: 32 bytes a token in f16, at most 1.02 kB for 32;');
    expect(stdout).toContain('Warning: the scale was corrected\n');
    expect((await tama(['inspect', 'm', '--context', '100'])).stdout).toContain('at most 3.20 kB for 100;');
    const japanese = (await tama(['inspect', 'm'], { env: { LC_ALL: 'ja_JP.UTF-8' } })).stdout;
    expect(japanese).toContain('トークナイザー: 6ピース');
    expect(japanese).toContain('注意: 倍率を修正しました\n');
  });

  it('asks for the folder where only one file of it is given', async () => {
    const folder = repositoryPath('fixtures/tiny/hf');
    const options = { dependencies: { inspect: nodeDependencies.inspect } };
    const { exitCode, stderr } = await tama(['inspect', `${folder}/config.json`], options);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: `tama: 'config.json' is only one of the files that make up a model.\nGive its folder: '${folder}'.\n`,
    });
  });

  it('says when there is no tokenizer', async () => {
    const dependencies = { inspect: async () => ({ ...inspection, tokenizer: null }) };
    expect((await tama(['inspect', 'm'], { dependencies })).stdout).toContain('Tokenizer: none');
  });
});
