import { TamaError } from '@tama/errors';
import { describe, expect, it } from 'vitest';
import { commands } from './commands/index.ts';
import { InterruptedError } from './errors.ts';
import { tama } from './testing/harness.ts';

describe('tama', () => {
  it('without a command shows what there is, as wrong usage', async () => {
    const { exitCode, stdout, stderr } = await tama([]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    for (const { name } of commands) expect(stderr).toContain(name);
  });

  it.each([[['--help']], [['-h']], [['help']], [['help', '--help']]])(
    '%j lists every command on stdout',
    async (argv) => {
      const { exitCode, stdout, stderr } = await tama(argv);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      for (const { name, summary } of commands) expect(stdout).toMatch(new RegExp(`^  ${name} +${summary.en}$`, 'm'));
    },
  );

  it('--version prints the version', async () => {
    expect(await tama(['--version'])).toEqual({ exitCode: 0, stdout: '1.2.3\n', stderr: '' });
  });

  it('suggests the command that was meant', async () => {
    const { exitCode, stdout, stderr } = await tama(['tokenise', 'x']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('There is no command `tokenise`.');
    expect(stderr).toContain('Did you mean `tokenize`?');
  });

  it('explains a failure in the language of the environment', async () => {
    const argv = ['run', 'demo', 'Hi', '--max-tokens', 'all'];
    expect((await tama(argv)).stderr).toContain("`--max-tokens` does not take 'all'.");
    expect((await tama(argv, { env: { LANG: 'ja_JP.UTF-8' } })).stderr).toContain(
      '`--max-tokens` に「all」は指定できません。',
    );
  });

  it('tells unexpected errors apart from wrong usage', async () => {
    const dependencies = { inspect: () => Promise.reject(new RangeError('offset 12')) };
    const short = await tama(['inspect', 'x'], { dependencies });
    expect(short.exitCode).toBe(1);
    expect(short.stderr).toContain('offset 12');
    expect(short.stderr).not.toContain('harness.ts');
    expect((await tama(['inspect', 'x', '--verbose'], { dependencies })).stderr).toContain('RangeError');
  });

  it('counts an option that the engine refuses as wrong usage', async () => {
    const texts = { what: 'Option context is 9000.', remedy: 'It must be a whole number from 1 to 8192.' };
    const refuse = () => Promise.reject(new TamaError('option', { en: texts, ja: texts }));
    const argv = ['run', 'm', 'Hi', '--context', '9000'];
    expect(await tama(argv, { dependencies: { loadEngine: refuse } })).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it('lets no control characters through to the terminal', async () => {
    const dependencies = { inspect: () => Promise.reject(new Error('bad \x1b]0;title\x07 file')) };
    expect((await tama(['inspect', 'x'], { dependencies })).stderr).toContain('bad ]0;title file');
  });

  it('exits with 130 when it is interrupted, and says nothing more', async () => {
    const stop = new AbortController();
    const dependencies = {
      inspect: async () => {
        stop.abort(new InterruptedError());
        stop.signal.throwIfAborted();
        throw new Error('unreachable');
      },
    };
    expect(await tama(['inspect', 'x'], { dependencies, stop })).toEqual({ exitCode: 130, stdout: '', stderr: '' });
  });
});

describe.each(commands.map((command) => [command.name, command] as const))('tama %s', (name, command) => {
  it.each(['en', 'ja'] as const)('--help teaches in %s', async (locale) => {
    const env = { LANG: locale };
    const { exitCode, stdout, stderr } = await tama([name, '--help'], { env });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain(command.summary[locale]);
    for (const option of Object.values(command.options)) expect(stdout).toContain(option.summary[locale]);
    for (const { line } of command.examples) expect(stdout).toContain(line);
    expect((await tama(['help', name], { env })).stdout).toBe(stdout);
    expect((await tama([name, 'x', '-h'], { env })).stdout).toBe(stdout);
  });

  it('says everything in Japanese as well', () => {
    const texts = [command.summary, command.details, ...command.examples.map(({ explanation }) => explanation)];
    for (const { ja } of [...texts, ...Object.values(command.options).map(({ summary }) => summary)]) {
      expect(ja).toMatch(/[ぁ-んァ-ン一-龯]/);
    }
  });

  it('refuses an unknown option as wrong usage', async () => {
    const { exitCode, stdout, stderr } = await tama([name, '--jsn']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('Did you mean `--json`?');
    expect(stderr).toContain(`tama ${name} --help`);
  });
});

it.each(commands.filter(({ name }) => !['convert', 'synth', 'pull', 'list', 'rm'].includes(name)))(
  'tama $name, which runs or reads a model, takes the options of the engine',
  ({ options }) => {
    expect(Object.keys(options)).toEqual(
      expect.arrayContaining(['device', 'adapter', 'weights', 'embeddingScale', 'context']),
    );
  },
);
