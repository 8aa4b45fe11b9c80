import type { Tokenizer } from '@tama/tokenizer';
import { describe, expect, it } from 'vitest';
import { tama } from '../testing/harness.ts';

/** Ids are the code points of the text; bos is 2. */
const fake = {
  encode: (text: string, { bos, turnMarkers }: { bos?: boolean; turnMarkers?: string } = {}) => [
    ...(bos ? [2] : []),
    ...Array.from(
      turnMarkers === 'text' ? text : text.replaceAll('<start_of_turn>', '\x05'),
      (character) => character.codePointAt(0)!,
    ),
  ],
} as unknown as Tokenizer;

const opened: string[] = [];
const dependencies = {
  modelTokenizer: async (model: string) => {
    opened.push(`model ${model}`);
    return fake;
  },
  fileTokenizer: async (path: string) => {
    opened.push(`file ${path}`);
    return fake;
  },
};
const tokenize = (argv: readonly string[], stdin: string | readonly (string | Uint8Array)[] = '') =>
  tama(['tokenize', ...argv], { stdin, dependencies });

describe('tama tokenize', () => {
  it('prints ids separated by spaces', async () => {
    expect(await tokenize(['--model', 'demo', 'ab'])).toEqual({ exitCode: 0, stdout: '97 98\n', stderr: '' });
    expect(await tokenize(['--tokenizer', 'tokenizer.model', '茶'])).toMatchObject({ stdout: '33590\n' });
    expect(opened.splice(0)).toEqual(['model demo', 'file tokenizer.model']);
  });

  it('says how to name the model, where it is given as to other commands', async () => {
    const { exitCode, stderr } = await tokenize(['demo', 'green tea']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--model');
    expect(stderr).not.toContain('quotes');
  });

  it('prints JSON', async () => {
    expect((await tokenize(['--model', 'demo', 'ab', '--json'])).stdout).toBe('{"ids":[97,98]}\n');
    expect((await tokenize(['--model', 'demo', '', '--json'])).stdout).toBe('{"ids":[]}\n');
  });

  it('adds bos only when asked, and can read turn markers as text', async () => {
    expect((await tokenize(['--model', 'demo', 'a', '--bos'])).stdout).toBe('2 97\n');
    expect((await tokenize(['--model', 'demo', '<start_of_turn>'])).stdout).toBe('5\n');
    expect((await tokenize(['--model', 'demo', '<start_of_turn>', '--turn-markers', 'text'])).stdout).toMatch(
      /^60 115 /,
    );
  });

  it('reads stdin to its end, nothing trimmed', async () => {
    expect((await tokenize(['--model', 'demo'], ' a\n')).stdout).toBe('32 97 10\n');
    expect((await tokenize(['--model', 'demo', '-'], 'b')).stdout).toBe('98\n');
  });

  it('answers JSON strings line by line, whatever the pieces in which they come', async () => {
    const stdin = '"ab"\n"\\ud83c\\udf75"\r\n""\n"a\u2028b"';
    const expected = '{"ids":[97,98]}\n{"ids":[127861]}\n{"ids":[]}\n{"ids":[97,8232,98]}\n';
    expect(await tokenize(['--model', 'demo', '--jsonl'], stdin)).toEqual({
      exitCode: 0,
      stdout: expected,
      stderr: '',
    });
    const bytes = Array.from(Buffer.from(stdin), (byte) => Uint8Array.of(byte));
    expect((await tokenize(['--model', 'demo', '--jsonl'], bytes)).stdout).toBe(expected);
  });

  it.each([
    ['"a"\nb\n"c"\n', 'Line 2 of the input is not valid JSON.'],
    ['"a"\n\n', 'Line 2 of the input is not valid JSON.'],
    ['"a"\n{"text": "b"}\n', 'Line 2 of the input is JSON, but of type object.'],
    ['"a"\n["b"]', 'Line 2 of the input is JSON, but of type array.'],
    ['"a"\nnull', 'Line 2 of the input is JSON, but of type null.'],
    ['"a"\n"b', 'Line 2 of the input is not valid JSON.'],
  ])('names the bad line of %j after answering the good ones', async (stdin, message) => {
    const { exitCode, stdout, stderr } = await tokenize(['--model', 'demo', '--jsonl'], stdin);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '{"ids":[97]}\n' });
    expect(stderr).toContain(message);
  });

  it('names a line that is not UTF-8', async () => {
    const { exitCode, stderr } = await tokenize(
      ['--model', 'demo', '--jsonl'],
      [Uint8Array.of(0x22, 0xff, 0x22, 0x0a)],
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Line 1');
  });

  it('takes a byte order mark before the first line', async () => {
    expect((await tokenize(['--model', 'demo', '--jsonl'], '\uFEFF"a"\n')).stdout).toBe('{"ids":[97]}\n');
  });

  it.each([
    [['x'], 'needs `--model MODEL` or `--tokenizer FILE`'],
    [['--model', 'demo', '--tokenizer', 'f', 'x'], '`--model` and `--tokenizer` exclude each other'],
    [['--model', 'demo', '--jsonl', 'x'], '`--jsonl` and TEXT exclude each other'],
    [['--model', 'demo', '--turn-markers', 'none', 'x'], "`--turn-markers` does not take 'none'"],
  ])('refuses %j as wrong usage', async (argv, message) => {
    const { exitCode, stdout, stderr } = await tokenize(argv);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
