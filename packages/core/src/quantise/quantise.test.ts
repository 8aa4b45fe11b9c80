import { weightFormats } from '@tama/kernels-wgsl';
import { describe, expect, it } from 'vitest';
import { type Checkpoint, rowCount, rowWidth } from '../checkpoint/checkpoint.ts';
import { encodings } from '../checkpoint/encoding.ts';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import { nodePath } from '../storage/node-file-source.ts';
import { fixture } from '../testing/fixtures.ts';
import { seededRandom } from '../testing/random.ts';
import { numberToBfloat16, numberToHalf } from './narrow-floats.ts';
import { quantise, type WritableEncoding } from './quantise.ts';

const open = async (path: string): Promise<Checkpoint> => openCheckpoint(await nodePath(fixture(path)));

/** Every matrix of a quantised file beside our quantisation of the weights that it was made from. */
async function compare(original: string, quantised: string) {
  const [from, to] = await Promise.all([open(original), open(quantised)]);
  const results = [];
  for (const tensor of to.tensors.values()) {
    if (tensor.shape.length === 1) continue;
    const source = from.tensors.get(tensor.name)!;
    const count = rowCount(tensor) * rowWidth(tensor);
    const values = weightFormats[source.encoding].dequantize(await source.readRows(0, rowCount(source)), count);
    const theirs = await tensor.readRows(0, rowCount(tensor));
    const ours = new Uint8Array(theirs.length);
    quantise(tensor.encoding as WritableEncoding, values, ours);
    const error = (bytes: Uint8Array) =>
      weightFormats[tensor.encoding].dequantize(bytes, count).reduce((sum, y, i) => sum + (y - values[i]!) ** 2, 0);
    results.push({
      name: tensor.name,
      encoding: tensor.encoding,
      differing: ours.reduce((sum, byte, i) => sum + Number(byte !== theirs[i]), 0),
      ours: error(ours),
      theirs: error(theirs),
    });
  }
  await Promise.all([from.close(), to.close()]);
  return results;
}

describe('against the files of other quantisers', () => {
  it.each([
    ['tiny/hf', 'tiny/gguf/tiny-q8_0.gguf', 'q8_0'],
    ['tiny/hf', 'tiny/gguf/tiny-q4_0.gguf', 'q4_0'],
    ['tiny/hf', 'tiny/gguf/tiny-q4_1.gguf', 'q4_1'],
    ['small/hf', 'small/gguf/small-q8_0.gguf', 'q8_0'],
    ['small/hf', 'small/gguf/small-q4_0.gguf', 'q4_0'],
    ['small/hf', 'small/gguf/small-q4_1.gguf', 'q4_1'],
    ['small/hf', 'small/gguf/small-q5_0.gguf', 'q5_0'],
    ['small/hf', 'small/gguf/small-q5_1.gguf', 'q5_1'],
  ])('writes the bytes of %s as %s has them', async (original, quantised, encoding) => {
    const found = (await compare(original, quantised)).filter((result) => result.encoding === encoding);
    expect(found.length).toBeGreaterThan(20);
    expect(found.filter(({ differing }) => differing > 0)).toEqual([]);
  });

  // Which codes are best is open there: what counts is the error that is left.
  it.each(['q4_k_m', 'q5_k_m', 'q6_k'])('leaves no more error than small-%s.gguf, within 1 %%', async (type) => {
    const sums = new Map<string, { ours: number; theirs: number }>();
    for (const { encoding, ours, theirs } of await compare('small/hf', `small/gguf/small-${type}.gguf`)) {
      const sum = sums.get(encoding) ?? { ours: 0, theirs: 0 };
      sums.set(encoding, { ours: sum.ours + ours, theirs: sum.theirs + theirs });
    }
    for (const { ours, theirs } of sums.values()) expect(Math.sqrt(ours / theirs)).toBeLessThan(1.01);
  });
});

/** The largest error of a value in steps between codes of its group, if the group's range were divided evenly. */
const bounds: readonly (readonly [WritableEncoding, group: number, levels: number, most: number])[] = [
  // Half a step, and what rounding d to a half moves the codes furthest from zero by: 127 · 2^-11, 8 · 2^-11, …
  ['q8_0', 32, 255, 0.6],
  // The value opposite to the extreme may be one step beyond the last code.
  ['q4_0', 32, 16, 1.01],
  ['q5_0', 32, 32, 1.02],
  ['q4_1', 32, 16, 0.55],
  ['q5_1', 32, 32, 0.6],
  // A scale of 6 or 8 bits moves the ends of the range, and the search gives up to 2 steps there for the rest.
  ['q4_k', 32, 16, 2.1],
  ['q5_k', 32, 32, 2.1],
  ['q6_k', 16, 64, 2.1],
];

describe.each(bounds)('%s', (encoding, group, levels, most) => {
  const { blockElements, blockBytes } = encodings[encoding];
  const roundTrip = (values: Float32Array) => {
    const bytes = new Uint8Array((values.length / blockElements) * blockBytes);
    quantise(encoding, values, bytes);
    return weightFormats[encoding].dequantize(bytes, values.length);
  };

  it('keeps random weights within its step', () => {
    const random = seededRandom(7);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const values = Float32Array.from({ length: 64 * 256 }, () => 0.02 * normal());
    const found = roundTrip(values);
    let largest = 0;
    let squares = 0;
    for (let at = 0; at < values.length; at += group) {
      const part = values.subarray(at, at + group);
      const low = Math.min(0, ...part);
      const high = Math.max(0, ...part);
      // Symmetric codes span twice the largest magnitude.
      const affine = ['q4_1', 'q5_1', 'q4_k', 'q5_k'].includes(encoding);
      const step = (affine ? high - low : 2 * Math.max(-low, high)) / (levels - 1);
      part.forEach((value, i) => {
        const error = Math.abs(found[at + i]! - value) / step;
        largest = Math.max(largest, error);
        squares += error ** 2;
      });
    }
    expect(largest).toBeLessThan(most);
    // Rounding alone leaves 1 / sqrt(12) of a step.
    expect(Math.sqrt(squares / values.length)).toBeLessThan(1.08 / Math.sqrt(12));
  });

  it('keeps zeros, single values and the smallest numbers finite', () => {
    expect(roundTrip(new Float32Array(256)).every((value) => value === 0)).toBe(true);
    for (const value of [1, -1, 1e-30, -1e-42, 3e4]) {
      const values = new Float32Array(256);
      values[37] = value;
      const found = roundTrip(values);
      expect(Math.abs(found[37]! - value)).toBeLessThanOrEqual(Math.abs(value) / 15 + 1e-6);
      expect(found.every((y, i) => Number.isFinite(y) && (i === 37 || Math.abs(y) <= Math.abs(value) / 15))).toBe(true);
    }
  });
});

it('refuses a target of another size', () => {
  expect(() => quantise('q8_0', new Float32Array(64), new Uint8Array(67))).toThrow(/68 bytes/);
});

describe('narrow floats', () => {
  it('round to the nearest half, ties to even', () => {
    const halves = new Float16Array(Uint16Array.from({ length: 65536 }, (_, i) => i).buffer);
    const nearest = new Float16Array(1);
    const nearestBits = new Uint16Array(nearest.buffer);
    const check = (value: number) => {
      nearest[0] = value;
      if (Number.isNaN(value)) expect(numberToHalf(value) & 0x7fff).toBeGreaterThan(0x7c00);
      else if (numberToHalf(value) !== nearestBits[0]) expect.fail(`${value}: ${numberToHalf(value)}`);
    };
    for (let bits = 0; bits < 0x7c00; bits++) {
      const value = halves[bits]!;
      const next = halves[bits + 1]!;
      for (const x of [value, (value + next) / 2, value + (next - value) * 0.499, value + (next - value) * 0.501]) {
        check(Math.fround(x));
        check(Math.fround(-x));
      }
    }
    for (const x of [65519, 65520, 1e30, Number.POSITIVE_INFINITY, Number.NaN, 2 ** -25, 1.0001 * 2 ** -25]) check(x);
  });

  it('round to the nearest bfloat16, ties to even', () => {
    const cases = {
      1065353216: 0x3f80,
      1065385984: 0x3f80,
      1065385985: 0x3f81,
      1065451520: 0x3f82,
      2139095039: 0x7f80,
    };
    const value = new Float32Array(1);
    for (const [word, expected] of Object.entries(cases)) {
      new Uint32Array(value.buffer)[0] = Number(word);
      expect(numberToBfloat16(value[0]!)).toBe(expected);
      expect(numberToBfloat16(-value[0]!)).toBe(expected | 0x8000);
    }
    expect(numberToBfloat16(Number.NaN) & 0x7fff).toBeGreaterThan(0x7f80);
  });
});
