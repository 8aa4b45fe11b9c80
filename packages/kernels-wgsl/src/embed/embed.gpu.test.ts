import { describe, expect, it } from 'vitest';
import { pitchOf } from '../activation.ts';
import { packMatrix, randomMatrix, runKernel } from '../testing/index.ts';
import { weightFormats } from '../weights/weight-formats.ts';
import { embed, embedReference } from './embed.ts';

const features = { f16: false, subgroups: false };

describe.each(Object.values(weightFormats).map((format) => [format.name, format] as const))(
  'embed, %s',
  (_, format) => {
    // Every weight comes out as its definition says, to the last bit: so do those of the other kernels.
    it.each([
      [19, format.blockColumns === 1 ? 33 : format.unitColumns], // a last panel that is not full, a padded group
      [9, 2304],
    ])('gives every weight of [%i, %i] exactly', async (partRows, width) => {
      const table = randomMatrix(format, 1, partRows, width);
      const { weights, scales } = packMatrix(format, table, partRows, width);
      const tokens = Uint32Array.from({ length: partRows }, (_, i) => (i * 7) % partRows);
      const pitch = pitchOf(width);
      const params = { rows: partRows, width, pitch, firstRow: 0, partRows, scale: 1 };
      const y = new Float32Array(partRows * pitch);
      const result = await runKernel(embed, { features, weights: format }, { tokens, weights, scales, y }, params);
      const values = format.dequantize(table, partRows * width);
      const expected = Float32Array.from(embedReference(tokens, values, params));
      for (let i = 0; i < expected.length; i++) {
        if (result.y[i] !== expected[i]) expect.fail(`element ${i}: ${result.y[i]}, not ${expected[i]}`);
      }
    });
  },
);

it('leaves rows whose token is in another part as they are, and scales the others', async () => {
  const format = weightFormats.f32;
  const [partRows, width, pitch] = [5, 3, 32];
  const table = randomMatrix(format, 2, partRows, width);
  const { weights, scales } = packMatrix(format, table, partRows, width);
  const tokens = Uint32Array.of(7, 8, 12, 13, 0, 0xffffffff);
  const params = { rows: 6, width, pitch, firstRow: 8, partRows, scale: 48 };
  const y = new Float32Array(6 * pitch).fill(-1);
  const result = await runKernel(embed, { features, weights: format }, { tokens, weights, scales, y }, params);
  const values = format.dequantize(table, partRows * width);
  const expected = new Float32Array(6 * pitch).fill(-1);
  for (const [row, token] of [
    [1, 0],
    [2, 4],
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
    const { weights, scales } = packMatrix(format, bytes, 1, width);
    const params = { rows: 1, width, pitch: 32, firstRow: 0, partRows: 1, scale: 1 };
    const buffers = { tokens: Uint32Array.of(0), weights, scales, y: new Float32Array(32) };
    const { y } = await runKernel(embed, { features, weights: format }, buffers, params);
    expect([...y.subarray(0, width)]).toEqual([...format.dequantize(bytes, width)]);
  },
);
