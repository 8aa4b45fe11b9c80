import { describe, expect, it } from 'vitest';
import { pitchOf } from '../activation.ts';
import { packMatrix, randomMatrix, runKernel } from '../testing/index.ts';
import { fileRowBytes, type WeightFormat } from '../weights/weight-format.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { embed, embedReference } from './embed.ts';

const features = { f16: false, subgroups: false };

/** The bindings of a packed table [rows, width] in parts of `partRows`; where there is no such part, those of the first. */
function partsOf(format: WeightFormat, table: Uint8Array, rows: number, width: number, partRows = rows) {
  const part = (index: number) => {
    const firstRow = index * partRows < rows ? index * partRows : 0;
    const lastRow = Math.min(rows, firstRow + partRows);
    const rowBytes = fileRowBytes(format, width);
    return packMatrix(format, table.subarray(firstRow * rowBytes, lastRow * rowBytes), lastRow - firstRow, width);
  };
  const [a, b, c] = [part(0), part(1), part(2)];
  return {
    ...{ weights: a.weights, scales: a.scales },
    ...{ weightsB: b.weights, scalesB: b.scales },
    ...{ weightsC: c.weights, scalesC: c.scales },
  };
}

describe.each(Object.values(weightFormats).map((format) => [format.name, format] as const))(
  'embed, %s',
  (_, format) => {
    // Every weight comes out as its definition says, to the last bit: so do those of the other kernels.
    it.each([
      [19, format.blockColumns === 1 ? 33 : format.unitColumns, 8], // a last panel that is not full, a padded group
      [9, 2304, 8], // two parts
      [13, 256, 13], // one
    ])('gives every weight of [%i, %i] in parts of %i rows exactly', async (tableRows, width, partRows) => {
      const table = randomMatrix(format, 1, tableRows, width);
      const tokens = Uint32Array.from({ length: tableRows }, (_, i) => (i * 7) % tableRows);
      const pitch = pitchOf(width);
      const params = { rows: tableRows, width, pitch, firstRow: 0, partRows, tableRows, scale: 1 };
      const y = new Float32Array(tableRows * pitch);
      const buffers = { tokens, ...partsOf(format, table, tableRows, width, partRows), y };
      const result = await runKernel(embed, { features, weights: format }, buffers, params);
      const values = format.dequantize(table, tableRows * width);
      const expected = Float32Array.from(embedReference(tokens, values, params));
      for (let i = 0; i < expected.length; i++) {
        if (result.y[i] !== expected[i]) expect.fail(`element ${i}: ${result.y[i]}, not ${expected[i]}`);
      }
    });
  },
);

it('leaves rows whose token is in another part as they are, and scales the others', async () => {
  const format = weightFormats.f32;
  const [tableRows, partRows, width, pitch] = [21, 8, 3, 32];
  const table = randomMatrix(format, 2, tableRows, width);
  const tokens = Uint32Array.of(7, 8, 28, 29, 0, 0xffffffff);
  const params = { rows: 6, width, pitch, firstRow: 8, partRows, tableRows, scale: 48 };
  const y = new Float32Array(6 * pitch).fill(-1);
  const buffers = { tokens, ...partsOf(format, table, tableRows, width, partRows), y };
  const result = await runKernel(embed, { features, weights: format }, buffers, params);
  const values = format.dequantize(table, tableRows * width);
  const expected = new Float32Array(6 * pitch).fill(-1);
  for (const [row, token] of [
    [1, 0],
    [2, 20],
  ] as const) {
    for (let c = 0; c < width; c++) expected[row * pitch + c] = values[token * width + c]! * 48;
  }
  expect(result.y).toEqual(expected);
});

it.each(['f16', 'bf16', 'f32'] as const)(
  'reads every kind of %s number: subnormal, largest, negative zero',
  async (name) => {
    const format = weightFormats[name];
    const bytes =
      name === 'f32'
        ? new Uint8Array(Uint32Array.of(0x00800000, 0x7f7fffff, 0xff7fffff, 0x80000000, 0x3f800001).buffer)
        : name === 'bf16'
          ? new Uint8Array(Uint16Array.of(0x0080, 0x7f7f, 0xff7f, 0x8000, 0x3f81).buffer)
          : new Uint8Array(Uint16Array.of(0x0001, 0x83ff, 0x0400, 0x7bff, 0xfbff, 0x8000, 0x3c01).buffer);
    const width = bytes.length / format.blockBytes;
    const params = { rows: 1, width, pitch: 32, firstRow: 0, partRows: 1, tableRows: 1, scale: 1 };
    const buffers = { tokens: Uint32Array.of(0), ...partsOf(format, bytes, 1, width), y: new Float32Array(32) };
    const { y } = await runKernel(embed, { features, weights: format }, buffers, params);
    expect([...y.subarray(0, width)]).toEqual([...format.dequantize(bytes, width)]);
  },
);
