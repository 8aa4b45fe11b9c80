import { describe, expect, it } from 'vitest';
import { pitchOf } from './activation.ts';
import { GpuMemory } from './gpu-memory.ts';
import { compileKernel } from './kernel.ts';
import { matvec, matvecReference } from './matvec/matvec.ts';
import { createPackedMatrix, planPackedMatrix } from './packed-matrix.ts';
import { Recorder } from './recorder.ts';
import { nmse, packMatrix, randomMatrix, randomRows, randomSource, readBuffer, testGpu } from './testing/index.ts';
import { fileRowBytes } from './weights/weight-format.ts';
import { weightFormats } from './weights/weight-formats.ts';

const { device } = await testGpu();
const format = weightFormats.q4_0;

describe('a packed matrix', () => {
  it.each([
    ['one part', 100, Number.POSITIVE_INFINITY, 1],
    ['several parts', 100, 8 * 288 * 16 * 4, 4],
    ['a part a panel', 41, 8 * 288 * 16, 6],
  ])('in %s holds what is written in ranges of any size and order', async (_, rows, maxBindingBytes, partCount) => {
    const columns = 9216;
    const memory = new GpuMemory(device, 'test');
    const { matrix, write } = await createPackedMatrix(memory, 'w', format, rows, columns, { maxBindingBytes });
    expect(matrix.parts).toHaveLength(partCount);
    expect(matrix.bytes).toBe(memory.bytes);

    const bytes = randomMatrix(format, 1, rows, columns);
    const rowBytes = fileRowBytes(format, columns);
    const random = randomSource(2);
    const cuts = [0, rows, ...Array.from({ length: 9 }, () => Math.floor(random() * rows))].sort((a, b) => a - b);
    const ranges = cuts.slice(1).map((end, i) => [cuts[i]!, end] as const);
    for (const [start, end] of ranges.sort(() => random() - 0.5)) {
      write(start, bytes.subarray(start * rowBytes, end * rowBytes));
    }
    for (const part of matrix.parts) {
      const own = bytes.subarray(part.firstRow * rowBytes, (part.firstRow + part.rows) * rowBytes);
      const planes = packMatrix(format, own, part.rows, columns);
      expect(new Uint32Array(await readBuffer(device, part.weights))).toEqual(planes.weights);
      expect(new Uint32Array(await readBuffer(device, part.scales))).toEqual(planes.scales);
    }

    // A dispatch a part, each at its own offset of the same y.
    const kernel = await compileKernel(device, matvec, {
      features: { f16: false, subgroups: false },
      weights: format,
    });
    const x = randomRows(3, 1, columns, pitchOf(columns));
    const xBuffer = memory.storage('x', x.byteLength);
    device.queue.writeBuffer(xBuffer, 0, x);
    const y = memory.storage('y', 4 * rows);
    const recorder = new Recorder(device, 'test');
    for (const { firstRow, rows, weights, scales } of matrix.parts) {
      recorder.dispatch(kernel, { x: xBuffer, weights, scales, y }, { columns, rows, offset: firstRow });
    }
    const recording = recorder.finish();
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    recording.encode(pass);
    pass.end();
    device.queue.submit([encoder.finish()]);
    const expected = matvecReference(x, format.dequantize(bytes, rows * columns), { columns, rows, offset: 0 });
    const result = new Float32Array(await readBuffer(device, y)).subarray(0, rows);
    expect(nmse(result, expected)).toBeLessThan(1e-11);
    recording.dispose();
    memory.dispose();
  });

  it('shares one buffer where the format has no scales', async () => {
    const memory = new GpuMemory(device, 'test');
    const { matrix } = await createPackedMatrix(memory, 'w', weightFormats.f16, 9, 33);
    expect(matrix.parts[0]!.scales).toBe(matrix.parts[0]!.weights);
    expect(matrix.bytes).toBe(2 * 16 * 64);
    memory.dispose();
  });

  it('refuses rows outside of the matrix and pieces of rows', async () => {
    const memory = new GpuMemory(device, 'test');
    const { write } = await createPackedMatrix(memory, 'w', format, 9, 32);
    expect(() => write(8, new Uint8Array(2 * 18))).toThrow(/\[9, 32\]/);
    expect(() => write(-1, new Uint8Array(18))).toThrow(/\[9, 32\]/);
    expect(() => write(0, new Uint8Array(17))).toThrow(/17 bytes/);
    memory.dispose();
  });

  it('is planned before it is allocated: 2B and 27B heads in bindings of 128 MiB', () => {
    const plan = planPackedMatrix(weightFormats.q8_0, 256_000, 2304, 128 * 2 ** 20);
    expect(plan.parts).toHaveLength(5);
    expect(plan.bytes).toBe((256_000 * 2304 * 34) / 32);
    expect(planPackedMatrix(weightFormats.f16, 256_000, 4608, 128 * 2 ** 20).parts).toHaveLength(18);
    expect(() => planPackedMatrix(weightFormats.f32, 8, 36_864, 2 ** 20)).toThrow(/maxStorageBufferBindingSize/);
  });
});
