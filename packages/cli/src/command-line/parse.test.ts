import { isTamaError } from '@tama/errors';
import { describe, expect, it } from 'vitest';
import type { CommandDescription } from '../command.ts';
import { UsageError } from '../usage-errors.ts';
import { choice, flag, logitBias, number, positions, text, tokenIds } from './option.ts';
import { parseCommandLine } from './parse.ts';

const none = { en: '', ja: '' };
const command = {
  name: 'brew',
  summary: none,
  details: none,
  examples: [],
  arguments: {
    pot: { name: 'POT', required: true, summary: none },
    leaf: { name: 'LEAF', required: false, summary: none },
  },
  options: {
    json: flag(none),
    device: choice('auto|f32', ['auto', 'f32'], none),
    system: text('TEXT', none),
    temperature: number('T', { min: 0, max: 100 }, none),
    maxTokens: number('N', { min: 1, max: 9, integer: true }, none),
    tokens: tokenIds(none),
    positions: positions(none),
    logitBias: logitBias(none),
  },
} as const satisfies CommandDescription;

const parse = (...args: string[]) => parseCommandLine<typeof command.arguments, typeof command.options>(command, args);

function failure(...args: string[]) {
  try {
    parse(...args);
  } catch (error) {
    if (error instanceof UsageError && isTamaError(error)) return error;
    throw error;
  }
  throw new Error('nothing was wrong');
}

describe('parseCommandLine', () => {
  it('gives arguments by name and options as values', () => {
    const parsed = parse('kyusu', '--max-tokens', '3', 'sencha', '--json', '--temperature=0.5', '--device', 'f32');
    expect(parsed.arguments).toEqual({ pot: 'kyusu', leaf: 'sencha' });
    expect(parsed.options).toEqual({ maxTokens: 3, json: true, temperature: 0.5, device: 'f32' });
  });

  it('leaves out what was not given', () => {
    expect(parse('kyusu')).toEqual({ arguments: { pot: 'kyusu', leaf: undefined }, options: {} });
  });

  it('takes the last of a repeated option', () => {
    expect(parse('kyusu', '--max-tokens', '3', '--max-tokens', '5').options.maxTokens).toBe(5);
  });

  it('takes what follows -- as text, and a lone dash as an argument', () => {
    expect(parse('-', '--', '--json').arguments).toEqual({ pot: '-', leaf: '--json' });
  });

  it('lets a value start with a dash, and with two after an equals sign', () => {
    expect(parse('kyusu', '--system', '- be brief').options.system).toBe('- be brief');
    expect(parse('kyusu', '--system=--json').options.system).toBe('--json');
  });

  it('reads lists separated by commas or spaces', () => {
    expect(parse('kyusu', '--tokens', '2,5, 7 11').options.tokens).toEqual([2, 5, 7, 11]);
    expect(parse('kyusu', '--positions', '0,8,95').options.positions).toEqual([0, 8, 95]);
    expect(parse('kyusu', '--positions', 'last').options.positions).toBe('last');
  });

  it('reads biases by token', () => {
    const bias = (raw: string) => parse('kyusu', '--logit-bias', raw).options.logitBias;
    expect(bias('107=-inf')).toEqual(new Map([[107, Number.NEGATIVE_INFINITY]]));
    expect(bias('5=1.5, 0=-2 5=+.5')).toEqual(
      new Map([
        [5, 0.5],
        [0, -2],
      ]),
    );
  });

  it.each([
    ['--temperature', 'hot'],
    ['--temperature', '-0.1'],
    ['--temperature', '100.5'],
    ['--temperature', '0x10'],
    ['--temperature', 'Infinity'],
    ['--temperature', ' 1'],
    ['--temperature', ''],
    ['--max-tokens', '0'],
    ['--max-tokens', '2.5'],
    ['--device', 'f16'],
    ['--tokens', '2,x,5'],
    ['--tokens', '2,-5'],
    ['--tokens', ''],
    ['--tokens', '4294967296'],
    ['--positions', 'first'],
    ['--system', ''],
    ['--logit-bias', ''],
    ['--logit-bias', '5'],
    ['--logit-bias', '5='],
    ['--logit-bias', '=1'],
    ['--logit-bias', '-5=1'],
    ['--logit-bias', '5=inf'],
    ['--logit-bias', '5=0x10'],
    ['--logit-bias', '5=1001'],
    ['--logit-bias', '5=1,'],
    ['--logit-bias', '4294967296=1'],
  ])('rejects %s %j and names both', (option, value) => {
    const error = failure('kyusu', option, value);
    expect(error.code).toBe('usage-option-value');
    expect(error.details).toMatchObject({ command: 'brew', option, value });
    expect(error.texts.en.what).toContain(`\`${option}\` does not take '${value}'`);
  });

  it('tells the allowed range, and in Japanese too', () => {
    const error = failure('kyusu', '--max-tokens', '10');
    expect(error.texts.en.remedy).toContain('a whole number from 1 to 9');
    expect(error.texts.ja.remedy).toContain('1から9までの整数');
  });

  it('misses a value that is not there', () => {
    expect(failure('kyusu', '--temperature').details).toMatchObject({ option: '--temperature', value: undefined });
    expect(failure('kyusu', '--temperature', '--json').details).toMatchObject({ value: undefined });
    expect(failure('kyusu', '--json=yes').details).toMatchObject({ option: '--json', value: 'yes' });
  });

  it('suggests the option that was meant', () => {
    const error = failure('kyusu', '--temprature', '1');
    expect(error.code).toBe('usage-unknown-option');
    expect(error.details).toMatchObject({ option: '--temprature', nearest: '--temperature' });
    expect(failure('kyusu', '--quantise').details.nearest).toBeUndefined();
    expect(failure('kyusu', '-n').details).toMatchObject({ option: '-n' });
  });

  it('misses required arguments and refuses surplus ones', () => {
    expect(failure().details).toMatchObject({ argument: 'POT' });
    expect(failure('kyusu', 'sencha', 'gyokuro').details).toMatchObject({ argument: 'gyokuro' });
  });
});
