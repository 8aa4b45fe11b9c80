import { describe, expect, it } from 'vitest';
import type { CheckpointTensor } from './checkpoint.ts';
import { RowReader } from './row-ranges.ts';

/** Rows of 1 MiB, of which each byte is the row's number. `reads` are those asked for, in order. */
function tensorOf(rows: number) {
  const reads: number[] = [];
  const rowBytes = 2 ** 20;
  const tensor: CheckpointTensor = {
    name: 'a',
    shape: [rows, rowBytes / 2],
    encoding: 'bf16',
    rowBytes,
    async readRows(first, count, _signal, into) {
      reads.push(first);
      await Promise.resolve();
      for (let row = 0; row < count; row++) into!.fill(first + row, row * rowBytes, (row + 1) * rowBytes);
      return into!;
    },
  };
  return { tensor, reads };
}

const rowsIn = (rows: Uint8Array) => Array.from({ length: rows.length / 2 ** 20 }, (_, i) => rows[i * 2 ** 20]);

describe('RowReader', () => {
  it('gives all rows in order, the next range being read already, in the same two arrays', async () => {
    const { tensor, reads } = tensorOf(11);
    const found: (number | undefined)[][] = [];
    const memory = new Set<ArrayBuffer>();
    const reader = new RowReader();
    for (const options of [{}, { firstRow: 2, endRow: 9 }]) {
      for await (const { firstRow, rows } of reader.ranges(tensor, options)) {
        found.push(rowsIn(rows));
        memory.add(rows.buffer);
        expect(rows[0]).toBe(firstRow);
        expect(reads.at(-1)).toBeGreaterThanOrEqual(firstRow);
      }
    }
    expect(found).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 10],
      [2, 3, 4, 5],
      [6, 7, 8],
    ]);
    expect(reads).toEqual([0, 4, 8, 2, 6]);
    expect(memory.size).toBe(2);
    for await (const _ of reader.ranges(tensor, { firstRow: 3, endRow: 3 })) expect.fail('there are no rows');
  });

  it('lets an abandoned read have its array, and reads the next tensor into another', async () => {
    const { tensor } = tensorOf(8);
    const reader = new RowReader();
    for await (const _ of reader.ranges(tensor)) break;
    for await (const { rows } of reader.ranges(tensor, { endRow: 4 })) {
      await new Promise(setImmediate);
      expect(rowsIn(rows)).toEqual([0, 1, 2, 3]);
    }
  });

  it('stops at an abort and passes on what reading throws', async () => {
    const { tensor } = tensorOf(12);
    const stop = new AbortController();
    const ranges = new RowReader().ranges(tensor, { signal: stop.signal });
    await ranges.next();
    stop.abort(new Error('enough'));
    await expect(ranges.next()).rejects.toThrow('enough');
    const broken = { ...tensor, readRows: async () => Promise.reject(new Error('no network')) };
    await expect(new RowReader().ranges(broken).next()).rejects.toThrow('no network');
  });
});
