import { describe, expect, it } from 'vitest';
import { memorySource } from '../storage/memory-source.ts';
import { nodePath } from '../storage/node-file-source.ts';
import { fixture, readFixture } from '../testing/fixtures.ts';
import { readGguf } from './gguf/gguf-file.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { verifyCheckpoint } from './verify.ts';

describe('verifyCheckpoint', () => {
  it.each([
    'tiny/hf',
    'tiny/keras',
    'tiny/orbax_ocdbt_transposed_gating',
    'tiny/pytorch/model.ckpt',
    'small/gguf/small-iq4_xs.gguf',
    'small/gguf/small-q2_k.gguf',
    'small/gguf/small-q4_k_m-split-00001-of-00003.gguf',
  ])('reads all of %s', async (path) => {
    const checkpoint = await openCheckpoint(await nodePath(fixture(path)));
    const progress: number[] = [];
    const { tensors, bytes } = await verifyCheckpoint(checkpoint, { onProgress: (done) => progress.push(done) });
    expect(tensors).toBe(46);
    expect(progress.at(-1)).toBe(bytes);
    expect(progress.toSorted((a, b) => a - b)).toEqual(progress);
    await checkpoint.close();
  });

  const types = ['f32', 'f16', 'bf16'];
  const tiny = types.map((type) => [`tiny/gguf/tiny-${type}.gguf`, 'blk.2.ffn_up.weight', 96] as const);
  const small = ['q8_0', 'q4_0', 'q4_1', 'q5_0', 'q5_1', 'q2_k', 'q3_k_m', 'q4_k_m', 'q5_k_m', 'q6_k', 'iq4_xs'].map(
    (type) => [`small/gguf/small-${type}.gguf`, 'blk.2.ffn_up.weight', 256] as const,
  );

  /** Where in a block the numbers are that its weights are multiples of. */
  const fields: Record<string, number[]> = {
    q4_1: [0, 2],
    q5_1: [0, 2],
    q2_k: [80, 82],
    q3_k: [108],
    q4_k: [0, 2],
    q5_k: [0, 2],
    q6_k: [208],
  };

  it.each([...tiny, ...small])('finds NaN and infinity in %s by tensor and row', async (path, name, width) => {
    const file = readFixture(path);
    const { tensors } = await readGguf(memorySource('m', file));
    const { offset, encoding, byteLength, dimensions } = tensors.get(name)!;
    const rowBytes = byteLength / dimensions[1]!;
    const view = new DataView(file.buffer);
    const isFloat = types.includes(encoding);
    const row = 77;
    for (const kind of ['NaN', 'infinity'] as const) {
      for (const field of fields[encoding] ?? [0]) {
        const at = offset + row * rowBytes + (isFloat ? rowBytes - (encoding === 'f32' ? 4 : 2) : field);
        const before = file.slice(at, at + 4);
        const sign = kind === 'NaN' ? 1 : 0x8000;
        if (encoding === 'f32') view.setUint32(at, kind === 'NaN' ? 0x7f800001 : 0xff800000, true);
        else view.setUint16(at, (encoding === 'bf16' ? 0x7f80 : 0x7c00) | sign, true);
        const checkpoint = await openCheckpoint(memorySource('m.gguf', file));
        await expect(verifyCheckpoint(checkpoint)).rejects.toMatchObject({
          code: 'weights-not-finite',
          details: {
            tensor: 'model.layers.2.mlp.up_proj.weight',
            row,
            column: isFloat ? width - 1 : 0,
            kind,
            encoding,
          },
        });
        file.set(before, at);
      }
    }
  });

  it('checks the norms', async () => {
    const file = readFixture('tiny/gguf/tiny-q4_0.gguf');
    const { tensors } = await readGguf(memorySource('m', file));
    new DataView(file.buffer).setFloat32(tensors.get('output_norm.weight')!.offset + 4 * 5, Number.NaN, true);
    await expect(verifyCheckpoint(await openCheckpoint(memorySource('m.gguf', file)))).rejects.toMatchObject({
      code: 'weights-not-finite',
      details: { tensor: 'model.norm.weight', row: 0, column: 5 },
    });
  });

  it('stops when it is told to', async () => {
    const checkpoint = await openCheckpoint(await nodePath(fixture('small/hf')));
    const stop = new AbortController();
    const running = verifyCheckpoint(checkpoint, {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(running).rejects.toThrow('enough');
    await checkpoint.close();
  });
});
