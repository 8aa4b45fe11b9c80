/// <reference types="node" />
import { describe, expect, it } from 'vitest';
import { type Checkpoint, rowCount, rowWidth } from '../checkpoint/checkpoint.ts';
import { isFloat, rowBytes } from '../checkpoint/encoding.ts';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import { quantise, type WritableEncoding } from '../quantise/quantise.ts';
import { memorySource } from '../storage/memory-source.ts';
import { nodePath } from '../storage/node-file-source.ts';
import { tensorValues } from '../testing/canonical.ts';
import { fixture, smallFloatGguf } from '../testing/fixtures.ts';
import { loadedWeights, quantisedTensors } from './quantised-tensors.ts';

const floatModels: readonly (readonly [string, () => Promise<Checkpoint>])[] = [
  ...[
    'tiny/hf',
    'tiny/pytorch/model.ckpt',
    'tiny/gguf/tiny-f32.gguf',
    'tiny/gguf/tiny-f16.gguf',
    'tiny/gguf/tiny-bf16.gguf',
    'tiny/keras',
    'tiny/keras_sharded',
    'tiny/orbax_zarr2',
    'tiny/orbax_ocdbt',
    'tiny/orbax_ocdbt_transposed_gating',
    'tiny/orbax_ocdbt_zarr3',
    'tiny/orbax_zarr3',
    'small/hf',
  ].map((path) => [path, async () => openCheckpoint(await nodePath(fixture(path)))] as const),
  ...(['f32', 'f16'] as const).map(
    (type) => [`small-${type}.gguf`, () => openCheckpoint(memorySource('small.gguf', smallFloatGguf(type)))] as const,
  ),
];

/** What a model of `tiny` and of `small` has for each kind: rows of `tiny` are no multiples of 256. */
const encodings = {
  tiny: { q8: ['q8_0', 'q8_0'], q4: ['q8_0', 'q5_0'] },
  small: { q8: ['q8_0', 'q8_0'], q4: ['q6_k', 'q4_k'] },
} as const;

describe.each(floatModels)('%s', (name, open) => {
  it.each(loadedWeights)('gives %s weights, those of its canonical tensors to the bit', async (kind) => {
    const checkpoint = await open();
    const [embedding, others] = encodings[name.startsWith('tiny') ? 'tiny' : 'small'][kind];
    for (const tensor of quantisedTensors(checkpoint, kind).values()) {
      const stored = checkpoint.tensors.get(tensor.name)!;
      const [rows, width] = [rowCount(tensor), rowWidth(tensor)];
      if (tensor.shape.length === 1) {
        expect(tensor).toBe(stored);
        continue;
      }
      const encoding: WritableEncoding = tensor.name === 'model.embed_tokens.weight' ? embedding : others;
      expect(tensor).toMatchObject({ encoding, shape: stored.shape, rowBytes: rowBytes(encoding, width) });
      const expected = new Uint8Array(rows * tensor.rowBytes);
      quantise(encoding, await tensorValues(stored), expected);
      expect(Buffer.compare(await tensor.readRows(0, rows), expected), tensor.name).toBe(0);
      const some = expected.subarray(3 * tensor.rowBytes, 8 * tensor.rowBytes);
      const lent = new Uint8Array(some.length);
      expect(await tensor.readRows(3, 5, undefined, lent)).toBe(lent);
      expect(Buffer.compare(lent, some), tensor.name).toBe(0);
      expect(await tensor.readRows(5, 0)).toHaveLength(0);
    }
    await checkpoint.close();
  });
});

it.each(loadedWeights)('refuses weights that are quantised already for %s', async (kind) => {
  for (const path of ['tiny/gguf/tiny-q8_0.gguf', 'small/gguf/small-q4_k_m.gguf', 'small/gguf/small-iq4_xs.gguf']) {
    const checkpoint = await openCheckpoint(await nodePath(fixture(path)));
    expect(() => quantisedTensors(checkpoint, kind)).toThrow(
      expect.objectContaining({ code: 'already-quantised', details: expect.objectContaining({ weights: kind }) }),
    );
    await checkpoint.close();
  }
});

describe('weights that cannot be quantised', () => {
  const withValue = async (value: number, kind: 'q8' | 'q4') => {
    const bytes = smallFloatGguf('f32');
    const checkpoint = await openCheckpoint(memorySource('m.gguf', bytes));
    const stored = checkpoint.tensors.get('model.layers.1.mlp.up_proj.weight')!;
    const tensor = {
      ...stored,
      async readRows(...[first, count, signal]: Parameters<typeof stored.readRows>) {
        const rows = (await stored.readRows(first, count, signal)).slice();
        if (first <= 2 && first + count > 2) {
          new DataView(rows.buffer).setFloat32((2 - first) * stored.rowBytes + 4 * 5, value, true);
        }
        return rows;
      },
    };
    const tensors = quantisedTensors({ tensors: new Map([[tensor.name, tensor]]) }, kind);
    return tensors.get(tensor.name)!.readRows(0, rowCount(tensor));
  };

  it.each(loadedWeights)('are named: NaN, infinity and what no half can scale, for %s', async (kind) => {
    const tensor = 'model.layers.1.mlp.up_proj.weight';
    await expect(withValue(Number.NaN, kind)).rejects.toMatchObject({
      code: 'weights-not-finite',
      details: { tensor, row: 2, column: 5, kind: 'NaN' },
    });
    await expect(withValue(Number.NEGATIVE_INFINITY, kind)).rejects.toMatchObject({ code: 'weights-not-finite' });
    await expect(withValue(1e30, kind)).rejects.toMatchObject({
      code: 'weights-out-of-range',
      details: { tensor, row: 2 },
    });
  });
});

it('keeps rows that are no multiple of 32 as floats', () => {
  const tensor = { name: 'a', shape: [4, 40], encoding: 'bf16', rowBytes: 80 } as const;
  const readRows = async () => new Uint8Array(0);
  const [kept] = quantisedTensors({ tensors: new Map([['a', { ...tensor, readRows }]]) }, 'q4').values();
  expect(isFloat(kept!.encoding)).toBe(true);
  expect(kept).toMatchObject(tensor);
});
