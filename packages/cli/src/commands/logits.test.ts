import { describe, expect, it } from 'vitest';
import { FakeEngine, tama } from '../testing/harness.ts';

const json = async (...argv: string[]) => JSON.parse((await tama(['logits', 'm', '--json', ...argv])).stdout);
const row = (position: number) => Array.from({ length: 6 }, (_, token) => 10 * position + token / 8);

describe('tama logits', () => {
  it('prints positions and logits as one line of JSON', async () => {
    const { exitCode, stdout, stderr } = await tama(['logits', 'm', '--tokens', '2,5', '--positions', 'all', '--json']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe(`${JSON.stringify({ positions: [0, 1], logits: [row(0), row(1)] })}\n`);
  });

  it('prints the last position unless others are asked for, in the order asked for', async () => {
    expect(await json('--tokens', '2,5,7')).toEqual({ positions: [2], logits: [row(2)] });
    expect(await json('--tokens', '2,5,7', '--positions', 'last')).toEqual({ positions: [2], logits: [row(2)] });
    expect(await json('--tokens', '2,5,7', '--positions', '2,0')).toEqual({
      positions: [2, 0],
      logits: [row(2), row(0)],
    });
  });

  it('keeps every bit of a float32', async () => {
    const engine = new FakeEngine();
    const values = Float32Array.of(0.1, -1 / 3, 2 ** -149, 29.999998, 0, 1e-8);
    engine.logits = async () => [values];
    const { stdout } = await tama(['logits', 'm', '--tokens', '2', '--json'], { engine });
    expect(Float32Array.from(JSON.parse(stdout).logits[0])).toEqual(values);
  });

  it('asks for the rows of a large vocabulary in parts, each with the tokens it needs', async () => {
    const engine = new FakeEngine({ config: { ...new FakeEngine().info.config, vocabularySize: 2 ** 24 } });
    const asked: [number, readonly number[]][] = [];
    engine.logits = async (tokens, positions) => {
      asked.push([tokens.length, positions as readonly number[]]);
      return (positions as readonly number[]).map((position) => Float32Array.from(row(position)));
    };
    const { stdout } = await tama(['logits', 'm', '--tokens', '1,2,3,4,5', '--positions', '0,1,4', '--json'], {
      engine,
    });
    expect(asked).toEqual([
      [2, [0, 1]],
      [5, [4]],
    ]);
    expect(JSON.parse(stdout)).toEqual({ positions: [0, 1, 4], logits: [row(0), row(1), row(4)] });
  });

  it('shows the likeliest tokens to people', async () => {
    const { stdout } = await tama(['logits', 'm', '--tokens', '2,5']);
    expect(stdout).toBe('1: 5 10.625  4 10.500  3 10.375  2 10.250  1 10.125\n');
  });

  it('needs no tokenizer', async () => {
    const engine = new FakeEngine({ hasTokenizer: false });
    expect((await tama(['logits', 'm', '--tokens', '2'], { engine })).exitCode).toBe(0);
    expect(engine.closed).toBe(true);
  });

  it('prints no NaN into JSON', async () => {
    const engine = new FakeEngine();
    engine.logits = async () => [Float32Array.of(1, Number.NaN)];
    const { exitCode, stderr } = await tama(['logits', 'm', '--tokens', '2,5', '--json'], { engine });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('The logit of token 1 at position 1 is not a finite number.');
  });

  it.each([
    [['m'], 'needs `--tokens IDS`'],
    [
      ['m', '--tokens', '2,5', '--positions', '0,2'],
      "`--positions` does not take '2'. Allowed: all, last, or positions from 0 to 1",
    ],
    [['m', '--tokens', '2,5', '--positions', 'first'], '`--positions`'],
    [['m', 'Hi', '--tokens', '2'], "'Hi'"],
  ])('refuses %j as wrong usage', async (argv, message) => {
    const { exitCode, stdout, stderr } = await tama(['logits', ...argv]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr.replace('\n', ' ')).toContain(message);
  });
});
