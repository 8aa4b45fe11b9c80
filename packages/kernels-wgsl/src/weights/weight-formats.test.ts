import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { randomSource } from '../testing/index.ts';
import { halfToNumber } from './half.ts';
import { allocatePlanes, packRows } from './pack.ts';
import { PANEL, panelBytes, type WeightFormat } from './weight-format.ts';
import { weightFormats } from './weight-formats.ts';

type Fixture = { block_elements: number; block_bytes: number; blocks_hex: string[]; values: number[] };

const read = (name: string): Record<string, Fixture> =>
  JSON.parse(readFileSync(new URL(`../../../../fixtures/${name}`, import.meta.url), 'utf8'));
const fixtures = { ...read('quant_blocks.json'), ...read('quant_blocks_extra.json') };

const formats = Object.values(weightFormats).map((format) => [format.name, format] as const);
const quantised = formats.filter(([, { blockColumns }]) => blockColumns > 1);

function randomBytes(seed: number, count: number): Uint8Array {
  const random = randomSource(seed);
  return Uint8Array.from({ length: count }, () => random() * 256);
}

/** Both planes of one row of one unit, the other rows of the panel cut off and checked to be untouched. */
function packedBytes(format: WeightFormat, row: Uint8Array, lane: number): Uint8Array {
  const rowCount = lane + 1;
  const rows = new Uint8Array(rowCount * row.length);
  rows.set(row, lane * row.length);
  const planes = allocatePlanes(format, 1, format.unitColumns);
  packRows(format, rows, rowCount, format.unitColumns, planes);
  return new Uint8Array([planes.weights, planes.scales].flatMap(({ buffer }) => [...new Uint8Array(buffer)]));
}

describe.each(formats)('%s', (_, format) => {
  const unitBytes = (format.unitColumns / format.blockColumns) * format.blockBytes;

  it.each([0, 5])('packs every bit of a block to a place of its own, row %i of a panel', (lane) => {
    const seen = new Set<number>();
    for (let bit = 0; bit < unitBytes * 8; bit++) {
      const row = new Uint8Array(unitBytes);
      row[bit >> 3] = 1 << (bit & 7);
      const packed = packedBytes(format, row, lane);
      const places = [...packed].flatMap((byte, i) => (byte ? [i * 8 + Math.log2(byte)] : []));
      expect(places).toEqual([expect.any(Number)]);
      seen.add(places[0]!);
    }
    expect(seen.size).toBe(unitBytes * 8);
  });

  it('packs bit by bit: the sum of two blocks without carry packs to the sum of their packings', () => {
    const a = randomBytes(1, unitBytes);
    const b = randomBytes(2, unitBytes);
    const [pa, pb, pab] = [a, b, a.map((byte, i) => byte ^ b[i]!)].map((row) => packedBytes(format, row, 3)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    expect(pa.map((byte, i) => byte ^ pb[i]!)).toEqual(pab);
  });

  it('takes as many bytes as it says', () => {
    const bytes = panelBytes(format, format.unitColumns);
    expect(bytes.weights + bytes.scales).toBeGreaterThanOrEqual(PANEL * unitBytes);
    expect(bytes.weights % (16 * PANEL)).toBe(0);
    expect(bytes.scales % 16).toBe(0);
  });

  it('dequantises into an array that is lent', () => {
    const bytes = randomBytes(3, unitBytes);
    const values = new Float32Array(format.unitColumns);
    expect(format.dequantize(bytes, values.length, values)).toBe(values);
    expect(values).toEqual(format.dequantize(bytes, values.length));
  });

  it('refuses bytes that are not the rows', () => {
    const planes = allocatePlanes(format, 1, format.unitColumns);
    expect(() => packRows(format, new Uint8Array(unitBytes + 1), 1, format.unitColumns, planes)).toThrow(/bytes/);
  });
});

describe.each(quantised)('%s', (name, format) => {
  it('dequantises the golden blocks exactly', () => {
    const fixture = fixtures[name.toUpperCase()]!;
    expect([format.blockColumns, format.blockBytes]).toEqual([fixture.block_elements, fixture.block_bytes]);
    const bytes = Uint8Array.from(Buffer.from(fixture.blocks_hex.join(''), 'hex'));
    const values = format.dequantize(bytes, fixture.values.length);
    fixture.values.forEach((value, i) => {
      // `===`: a zero may be negative.
      expect(values[i] === Math.fround(value), `value ${i}: ${values[i]}, not ${value}`).toBe(true);
    });
  });

  it('refuses columns that are no whole number of blocks', () => {
    const planes = allocatePlanes(format, 1, format.unitColumns);
    expect(() => packRows(format, new Uint8Array(0), 0, format.blockColumns + 1, planes)).toThrow(/multiple/);
  });
});

it('reads every half as Float16Array does', () => {
  const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const expected = new Float16Array(bits.buffer);
  for (let i = 0; i < 65536; i++) {
    if (!Object.is(halfToNumber(i), expected[i])) expect.fail(`half ${i}: ${halfToNumber(i)}, not ${expected[i]}`);
  }
});

it('widens bf16 and keeps f32 as they are, subnormals included', () => {
  const bits = Uint32Array.of(1, 0x80000001, 0x3f800000, 0x7f7fffff, 0x00410000);
  const floats = new Float32Array(bits.buffer);
  expect(weightFormats.f32.dequantize(new Uint8Array(bits.buffer), 5)).toEqual(floats);
  const halves = Uint16Array.of(0x0041, 0x8001, 0x3f80);
  expect(weightFormats.bf16.dequantize(new Uint8Array(halves.buffer), 3)).toEqual(
    new Float32Array(Uint32Array.of(0x00410000, 0x80010000, 0x3f800000).buffer),
  );
});
